import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createFetchKit } from '../testing/fetch-kit.ts';
import { selfSignedCertificate } from '../testing/self-signed-certificate.ts';
import { startTestSite, type TestSite } from '../testing/test-site.ts';

/** Redirects by path: `{ '/a': '/b' }`; everything else is answered. */
function startMovingSite(moves: Record<string, string>, status = 302): Promise<TestSite> {
  return startTestSite((request, response) => {
    const location = moves[request.url ?? ''];
    if (location !== undefined) response.writeHead(status, { location });
    response.end('here');
  });
}

function pathsOf(requests: readonly IncomingMessage[]): (string | undefined)[] {
  return requests.map((request) => request.url);
}

describe('http.fetch and redirects', () => {
  it.each([301, 302, 303, 307, 308])('follows a %i to its end, on no more than two connections', async (status) => {
    await using site = await startMovingSite({ '/a': '/b', '/b': './c?d=e' }, status);
    await using kit = createFetchKit();
    const result = await kit.fetch(`${site.origin}/a`);
    expect(result).toMatchObject({ ok: true, status: 200, url: `${site.origin}/a`, finalUrl: `${site.origin}/c?d=e` });
    expect(pathsOf(site.requests)).toEqual(['/a', '/b', '/c?d=e']);
    expect(site.requests.every((request) => request.method === 'GET')).toBe(true);
    expect(site.connections()).toBeLessThanOrEqual(2);
  });

  it('follows as many as it may and not one more', async () => {
    await using site = await startMovingSite({ '/1': '/2', '/2': '/3', '/3': '/4' });
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: `${site.origin}/2`, maxRedirects: 2 })).toMatchObject({ ok: true });
    const result = await kit.fetch({ url: `${site.origin}/1`, maxRedirects: 2 });
    expect(result).toMatchObject({
      ok: false,
      status: 302,
      finalUrl: `${site.origin}/3`,
      sha256: null,
      error: { code: 'REDIRECTS', message: 'more than 2 redirects' },
    });
  });

  it('follows none when told so', async () => {
    await using site = await startMovingSite({ '/a': '/b' });
    await using kit = createFetchKit();
    const result = await kit.fetch({ url: `${site.origin}/a`, maxRedirects: 0 });
    expect(result.error?.code).toBe('REDIRECTS');
    expect(site.requests).toHaveLength(1);
  });

  it('notices a circle before the limit, fragments aside', async () => {
    await using site = await startMovingSite({ '/a': '/b', '/b': '/a#again' });
    await using kit = createFetchKit();
    const result = await kit.fetch({ url: `${site.origin}/a`, maxRedirects: 20 });
    expect(result.error).toEqual({ code: 'REDIRECTS', message: 'redirects in a circle' });
    expect(site.requests).toHaveLength(2);
  });

  it('says HTTP for a redirect without a Location', async () => {
    await using site = await startTestSite((_request, response) => response.writeHead(302).end());
    await using kit = createFetchKit();
    expect((await kit.fetch(site.origin)).error).toEqual({ code: 'HTTP', message: 'Status 302 without a Location' });
  });

  it.each(['ftp://example.org/', 'http://[bad/', 'mailto:a@b.example'])(
    'says HTTP for a redirect to %s',
    async (location) => {
      await using site = await startMovingSite({ '/a': location });
      await using kit = createFetchKit();
      expect((await kit.fetch(`${site.origin}/a`)).error?.code).toBe('HTTP');
    },
  );

  it('reads a Location of raw UTF-8 as browsers do', async () => {
    await using site = await startMovingSite({ '/a': Buffer.from('/zürich').toString('latin1') });
    await using kit = createFetchKit();
    expect((await kit.fetch(`${site.origin}/a`)).finalUrl).toBe(`${site.origin}/z%C3%BCrich`);
  });

  it.each([
    ['Latin-1', '/caf\xe9?x=\xe9t\xe9', '/caf%E9?x=%E9t%E9'],
    ['UTF-8', '/caf\xc3\xa9', '/caf%C3%A9'],
    ['escapes', '/caf%E9', '/caf%E9'],
  ])('asks for a Location of %s by the bytes that it has', async (_charset, location, path) => {
    await using site = await startMovingSite({ '/a': location });
    await using kit = createFetchKit();
    expect(await kit.fetch(`${site.origin}/a`)).toMatchObject({ ok: true, finalUrl: `${site.origin}${path}` });
    expect(pathsOf(site.requests)).toEqual(['/a', path]);
  });

  it.each([1_000_000, 10])(
    'does not wait for the end of a redirect’s body, which has %i bytes and hangs',
    async (size) => {
      await using site = await startTestSite((request, response) => {
        if (request.url !== '/hang') return response.end('here');
        response.writeHead(302, { location: '/b' }).write('x'.repeat(size));
      });
      await using kit = createFetchKit();
      expect(await kit.fetch(`${site.origin}/hang`)).toMatchObject({ ok: true, bytes: 4 });
    },
  );

  it('keeps credentials on the same origin', async () => {
    await using site = await startMovingSite({ '/a': '/b' });
    await using kit = createFetchKit();
    await kit.fetch(`${site.origin}/a`.replace('://', '://user:hunter2@'));
    expect(site.requests.map(({ headers }) => headers.authorization)).toEqual(
      Array(2).fill(expect.stringMatching(/^Basic /)),
    );
  });

  it('drops credentials when the origin changes, for good', async () => {
    await using away = await startTestSite((_request, response) => {
      response.writeHead(302, { location: `${home.origin}/back` }).end();
    });
    await using home: TestSite = await startMovingSite({ '/a': `${away.origin}/` });
    await using kit = createFetchKit();
    const result = await kit.fetch(`${home.origin}/a`.replace('://', '://user:hunter2@'));
    expect(result).toMatchObject({ ok: true, finalUrl: `${home.origin}/back` });
    expect(away.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(home.requests.map(({ headers }) => headers.authorization)).toEqual([expect.any(String), undefined]);
  });

  it('drops credentials on the way from https to http', async () => {
    const certificate = selfSignedCertificate();
    await using plain = await startTestSite((_request, response) => response.end());
    await using safe = await startTestSite((_request, response) => {
      response.writeHead(302, { location: `${plain.origin}/` }).end();
    }, certificate);
    await using kit = createFetchKit({ ca: certificate.cert });
    const result = await kit.fetch(safe.origin.replace('://', '://user:hunter2@'));
    expect(result).toMatchObject({ ok: true, finalUrl: `${plain.origin}/` });
    expect(safe.requests[0]?.headers.authorization).toBeDefined();
    expect(plain.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('neither uses nor shows credentials that a Location brings', async () => {
    await using other = await startTestSite((_request, response) => response.end());
    await using site = await startMovingSite({ '/a': `${other.origin}/`.replace('://', '://root:hunter2@') });
    await using kit = createFetchKit();
    const result = await kit.fetch(`${site.origin}/a`);
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
    expect(result.finalUrl).toBe(`${other.origin}/`);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });
});

describe('http.fetch and cookies on the way', () => {
  it('follows a page that redirects to itself until its cookie comes back', async () => {
    await using site = await startTestSite((request, response) => {
      if (request.headers.cookie !== undefined) return response.end('page');
      response.writeHead(302, { location: '/self', 'set-cookie': ['a=1; Path=/; HttpOnly', 'b=\xe9; Path=/'] }).end();
    });
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: `${site.origin}/self`, body: 'text' })).toMatchObject({ ok: true, body: 'page' });
    expect(site.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, 'a=1; b=\xe9']);
  });

  it('sends each cookie for its path alone, and none that was taken back', async () => {
    const cookies: Record<string, string[]> = {
      '/a': ['here=1; Path=/a', 'all=1; Path=/', 'gone=1; Path=/'],
      '/b': ['gone=; Path=/; Max-Age=0'],
    };
    await using site = await startTestSite((request, response) => {
      const path = request.url ?? '';
      const location = { '/a': '/b', '/b': '/c' }[path];
      if (location !== undefined) response.writeHead(302, { location, 'set-cookie': cookies[path] });
      response.end('here');
    });
    await using kit = createFetchKit();
    await kit.fetch(`${site.origin}/a`);
    expect(site.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, 'all=1; gone=1', 'all=1']);
  });

  it('sends no cookie to another origin, and none of an earlier fetch', async () => {
    await using away = await startTestSite((_request, response) => response.end('away'));
    await using site = await startTestSite((_request, response) => {
      response.writeHead(302, { location: `${away.origin}/`, 'set-cookie': 'a=1; Path=/; Domain=127.0.0.1' }).end();
    });
    await using kit = createFetchKit();
    for (let fetches = 0; fetches < 2; fetches += 1) expect(await kit.fetch(site.origin)).toMatchObject({ ok: true });
    expect([...away.requests, ...site.requests].map(({ headers }) => headers.cookie)).toEqual(Array(4).fill(undefined));
  });

  it('notices a circle in which the same cookie is set again and again', async () => {
    await using site = await startTestSite((_request, response) => {
      response.writeHead(302, { location: '/', 'set-cookie': 'a=1' }).end();
    });
    await using kit = createFetchKit();
    const { error } = await kit.fetch({ url: site.origin, maxRedirects: 20 });
    expect(error).toEqual({ code: 'REDIRECTS', message: 'redirects in a circle' });
    expect(site.requests).toHaveLength(2);
  });

  it('ends a circle whose cookie is another each time, by the limit', async () => {
    await using site = await startTestSite((_request, response) => {
      response.writeHead(302, { location: '/', 'set-cookie': `a=${site.requests.length}` }).end();
    });
    await using kit = createFetchKit();
    expect((await kit.fetch({ url: site.origin, maxRedirects: 3 })).error?.message).toBe('more than 3 redirects');
    expect(site.requests).toHaveLength(4);
  });
});
