import type { LookupFunction } from 'node:net';
import { JobTimeoutError, RetryLaterError } from '@sluice/shared';
import { describe, expect, it, vi } from 'vitest';
import { createFetchKit } from '../testing/fetch-kit.ts';
import { startRawSite, startTestSite } from '../testing/test-site.ts';

describe('http.fetch and what is worth another attempt', () => {
  it.each([500, 502, 503, 504, 429])(
    'throws on a %i while attempts are left, and ends with it as a result',
    async (status) => {
      await using site = await startTestSite((_request, response) => {
        response.writeHead(status, { 'retry-after': '0' }).end('no');
      });
      await using kit = createFetchKit();
      await expect(kit.fetch(site.origin, { attempt: 1 })).rejects.toMatchObject({
        failure: 'HTTP',
        worthRetrying: true,
      });
      await expect(kit.fetch(site.origin, { attempt: 2 })).rejects.toMatchObject({
        failure: 'HTTP',
        worthRetrying: true,
      });
      expect(await kit.fetch(site.origin, { attempt: 3 })).toMatchObject({
        ok: false,
        status,
        attempts: 3,
        bytes: 2,
        error: { code: 'HTTP', message: expect.stringContaining(`Status ${status}`) },
      });
    },
  );

  it('fetches a page that fails twice and then works', async () => {
    let failures = 0;
    await using site = await startTestSite((_request, response) => {
      if (failures < 2) response.statusCode = 500;
      failures += 1;
      response.end('fine');
    });
    await using kit = createFetchKit();
    await expect(kit.fetch(site.origin, { attempt: 1 })).rejects.toThrow('Status 500');
    await expect(kit.fetch(site.origin, { attempt: 2 })).rejects.toThrow('Status 500');
    expect(await kit.fetch(site.origin, { attempt: 3 })).toMatchObject({ ok: true, attempts: 3, bytes: 4 });
    expect(site.connections()).toBeLessThanOrEqual(2);
  });

  it('throws on a connection that was cut while attempts are left', async () => {
    await using site = await startRawSite((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    await using kit = createFetchKit();
    await expect(kit.fetch(site.origin, { attempt: 1 })).rejects.toMatchObject({ failure: 'RESET' });
    expect((await kit.fetch(site.origin, { attempt: 3 })).error?.code).toBe('RESET');
  });

  it.each([400, 401, 403, 404, 410])('ends at once with a %i', async (status) => {
    await using site = await startTestSite((_request, response) => response.writeHead(status).end());
    await using kit = createFetchKit();
    expect(await kit.fetch(site.origin, { attempt: 1 })).toMatchObject({ ok: false, status, attempts: 1 });
  });

  it('does not wait for the body of an answer that is to be tried again', async () => {
    await using site = await startTestSite((_request, response) => response.writeHead(500).flushHeaders());
    await using kit = createFetchKit();
    await expect(kit.fetch(site.origin, { attempt: 1 })).rejects.toThrow('Status 500');
  });
});

/** A name server that fails with this code. */
function failingLookup(code: string): LookupFunction {
  return (name, _options, done) => done(Object.assign(new Error(`getaddrinfo ${code} ${name}`), { code }), '');
}

describe('http.fetch and failures that may be over in a moment', () => {
  it.each(['EAI_AGAIN', 'ESERVFAIL', 'ETIMEOUT'])('tries a name again whose lookup ends with %s', async (code) => {
    await using kit = createFetchKit({ lookup: failingLookup(code) });
    await expect(kit.fetch('http://name.test/', { attempt: 1 })).rejects.toMatchObject({ failure: 'DNS' });
    expect(await kit.fetch('http://name.test/', { attempt: 3 })).toMatchObject({ error: { code: 'DNS' }, attempts: 3 });
  });

  it.each(['ENOTFOUND', 'ENODATA', 'EAI_NONAME'])(
    'ends at once with a name whose lookup ends with %s',
    async (code) => {
      await using kit = createFetchKit({ lookup: failingLookup(code) });
      expect(await kit.fetch('http://name.test/', { attempt: 1 })).toMatchObject({
        error: { code: 'DNS' },
        attempts: 1,
      });
    },
  );

  it('tries a port again where nobody listens', async () => {
    const site = await startTestSite(() => {});
    await site[Symbol.asyncDispose]();
    await using kit = createFetchKit();
    await expect(kit.fetch(site.origin, { attempt: 1 })).rejects.toMatchObject({ failure: 'REFUSED' });
  });

  it.each(['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'])('tries a host again that is not reached (%s)', async (code) => {
    await using kit = createFetchKit({ lookup: failingLookup(code) });
    await expect(kit.fetch('http://name.test/', { attempt: 1 })).rejects.toMatchObject({ failure: 'REFUSED' });
  });

  it('tries a host again that does not connect in time', async () => {
    await using kit = createFetchKit({ lookup: () => {}, connectTimeoutMs: 100 });
    await expect(kit.fetch('http://silent.example/', { attempt: 1 })).rejects.toMatchObject({ failure: 'TIMEOUT' });
  });

  it('tries a page again that did not answer before the deadline', async () => {
    await using site = await startTestSite(() => {});
    await using kit = createFetchKit();
    const controller = new AbortController();
    const fetching = kit.fetch(site.origin, { attempt: 1, signal: controller.signal });
    fetching.catch(() => {});
    await vi.waitFor(() => expect(site.requests).toHaveLength(1), { timeout: 10_000 });
    controller.abort(new JobTimeoutError(1_000));
    await expect(fetching).rejects.toMatchObject({ failure: 'TIMEOUT', worthRetrying: true });
  });
});

describe('http.fetch and hosts that ask to be left alone', () => {
  it.each([429, 503])('gives other fetches of the host back until its Retry-After after a %i', async (status) => {
    await using site = await startTestSite((_request, response) => {
      response.writeHead(status, { 'retry-after': '20' }).end();
    });
    await using kit = createFetchKit();
    await expect(kit.fetch(`${site.origin}/1`, { attempt: 1 })).rejects.toMatchObject({ failure: 'HTTP' });
    const later = await kit.fetch(`${site.origin}/2`, { attempt: 1 }).catch((error: unknown) => error);
    expect(later).toBeInstanceOf(RetryLaterError);
    expect((later as RetryLaterError).delayMs).toBeGreaterThan(19_000);
    expect((later as RetryLaterError).delayMs).toBeLessThanOrEqual(30_000);
    expect(site.requests).toHaveLength(1);
  });

  it('understands a Retry-After that is a date', async () => {
    const date = new Date(Date.now() + 20_000).toUTCString();
    await using site = await startTestSite((_request, response) =>
      response.writeHead(503, { 'retry-after': date }).end(),
    );
    await using kit = createFetchKit();
    await kit.fetch(site.origin);
    const pause = kit.brake.pauseOf(`127.0.0.1:${site.port}`);
    expect(pause?.remainingMs).toBeGreaterThan(15_000);
    expect(pause?.remainingMs).toBeLessThanOrEqual(20_000);
  });

  it('slows that host alone', async () => {
    await using busy = await startTestSite((_request, response) =>
      response.writeHead(429, { 'retry-after': '20' }).end(),
    );
    await using idle = await startTestSite((_request, response) => response.end());
    await using kit = createFetchKit();
    await kit.fetch(busy.origin);
    expect(await kit.fetch(idle.origin)).toMatchObject({ ok: true });
  });

  it('stops before a redirect to such a host', async () => {
    await using busy = await startTestSite((_request, response) =>
      response.writeHead(429, { 'retry-after': '20' }).end(),
    );
    await using site = await startTestSite((_request, response) => {
      response.writeHead(302, { location: `${busy.origin}/` }).end();
    });
    await using kit = createFetchKit();
    await kit.fetch(busy.origin);
    await expect(kit.fetch(site.origin)).rejects.toBeInstanceOf(RetryLaterError);
    expect(busy.requests).toHaveLength(1);
  });

  it('asks again when the pause is over', async () => {
    let answers = 0;
    await using site = await startTestSite((_request, response) => {
      answers += 1;
      if (answers === 1) response.writeHead(429, { 'retry-after': '1' });
      response.end();
    });
    await using kit = createFetchKit();
    await kit.fetch(site.origin);
    await vi.waitFor(async () => expect(await kit.fetch(site.origin)).toMatchObject({ ok: true }), {
      timeout: 5_000,
      interval: 50,
    });
    expect(site.requests).toHaveLength(2);
  });

  it('spends attempts once a host has refused again and again, so that its jobs end', async () => {
    await using site = await startTestSite((_request, response) => response.end());
    await using kit = createFetchKit();
    const host = `127.0.0.1:${site.port}`;
    for (let i = 0; i < 6; i += 1) kit.brake.refused(host, 0);
    kit.brake.refused(host, 20_000);
    await expect(kit.fetch(site.origin, { attempt: 1 })).rejects.toMatchObject({
      failure: 'HTTP',
      worthRetrying: true,
    });
    expect(await kit.fetch(site.origin, { attempt: 3 })).toMatchObject({
      ok: false,
      status: null,
      error: { code: 'HTTP', message: expect.stringContaining('not asked') },
    });
    expect(site.requests).toHaveLength(0);
  });
});
