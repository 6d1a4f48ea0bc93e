import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFetchKit } from '../testing/fetch-kit.ts';
import { startTestSite } from '../testing/test-site.ts';

describe('http.fetch', () => {
  it('reports status, size, digest, type and the final URL', async () => {
    await using site = await startTestSite((_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8').end('<p>hällo</p>');
    });
    await using kit = createFetchKit();
    const result = await kit.fetch(`${site.origin}/page?x=1`, { attempt: 2 });
    expect(result).toEqual({
      url: `${site.origin}/page?x=1`,
      ok: true,
      status: 200,
      finalUrl: `${site.origin}/page?x=1`,
      ms: expect.any(Number),
      bytes: 13,
      sha256: createHash('sha256').update('<p>hällo</p>').digest('hex'),
      contentType: 'text/html; charset=utf-8',
      attempts: 2,
      error: null,
    });
  });

  it('says who it is and what it can decode', async () => {
    await using site = await startTestSite((_request, response) => response.end());
    await using kit = createFetchKit({ userAgent: 'sluice/1.2.3' });
    await kit.fetch(site.origin);
    expect(site.requests[0]?.headers).toMatchObject({
      'user-agent': 'sluice/1.2.3',
      accept: '*/*',
      'accept-encoding': 'gzip, deflate, br, zstd',
    });
  });

  it('uses connections again for fetches that follow each other', async () => {
    await using site = await startTestSite((_request, response) => response.end('x'.repeat(100_000)));
    await using kit = createFetchKit();
    for (let i = 0; i < 20; i += 1) await kit.fetch(`${site.origin}/${i}`);
    expect(site.requests).toHaveLength(20);
    // The second is opened when a request comes in the same turn in which the first connection gets free.
    expect(site.connections()).toBeLessThanOrEqual(2);
  });

  it('sends credentials of the URL and shows them nowhere', async () => {
    await using site = await startTestSite((_request, response) => response.end());
    await using kit = createFetchKit();
    const result = await kit.fetch(site.origin.replace('://', '://user:hunter2@'));
    expect(site.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:hunter2').toString('base64')}`);
    expect(result).toMatchObject({ ok: true, url: `${site.origin}/`, finalUrl: `${site.origin}/` });
    expect(JSON.stringify(result)).not.toMatch(/hunter2|user/);
  });

  it.each(['http://user:hunter2@', 'ftp://user:hunter2@host/', 'http://user:hunter2@bad host/', 'user:hunter2@host'])(
    'shows no credentials of %s, which is no http URL',
    async (url) => {
      await using kit = createFetchKit();
      const result = await kit.fetch(url);
      expect(result).toMatchObject({ ok: false, status: null, finalUrl: null, error: { code: 'BAD_URL' } });
      expect(JSON.stringify(result)).not.toContain('hunter2');
    },
  );

  it('shows no credentials in what it throws to be tried again', async () => {
    await using site = await startTestSite((_request, response) => response.writeHead(500).end());
    await using kit = createFetchKit();
    const thrown = await kit
      .fetch(site.origin.replace('://', '://user:hunter2@'), { attempt: 1 })
      .catch((e: unknown) => e);
    expect(thrown).toMatchObject({ code: 'SLUICE_FETCH', failure: 'HTTP' });
    const { message, stack } = thrown as Error;
    expect(JSON.stringify({ ...(thrown as Error), message, stack })).not.toContain('hunter2');
  });

  it('does not send the fragment, and shows it', async () => {
    await using site = await startTestSite((_request, response) => response.end());
    await using kit = createFetchKit();
    const result = await kit.fetch(`${site.origin}/a#part`);
    expect(site.requests[0]?.url).toBe('/a');
    expect(result.finalUrl).toBe(`${site.origin}/a#part`);
  });
});
