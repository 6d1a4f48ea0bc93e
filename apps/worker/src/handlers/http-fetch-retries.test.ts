import type { LookupFunction } from 'node:net';
import { JobTimeoutError, RetryLaterError } from '@sluice/queue/contracts';
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

  it('counts the attempts that earlier jobs made for the same page', async () => {
    await using site = await startTestSite((_request, response) => response.writeHead(500).end('no'));
    await using kit = createFetchKit();
    const again = (attemptsBefore: number) => kit.fetch({ url: site.origin, attemptsBefore }, { attempt: 1 });
    await expect(again(1)).rejects.toThrow('Status 500');
    expect(await again(2)).toMatchObject({ ok: false, status: 500, attempts: 3 });
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

describe('http.fetch whose caller makes the next attempt', () => {
  const once = { retryByCaller: true };

  it.each([500, 502, 503, 504])('ends with a %i that is marked while attempts are left', async (status) => {
    await using site = await startTestSite((_request, response) => response.writeHead(status).end('no'));
    await using kit = createFetchKit();
    const url = site.origin;
    const failure = { ok: false, status, error: { code: 'HTTP' } };
    expect(await kit.fetch({ url, ...once }, { attempt: 1 })).toMatchObject({
      ...failure,
      attempts: 1,
      worthRetrying: true,
    });
    expect(await kit.fetch({ url, ...once, attemptsBefore: 1 }, { attempt: 1 })).toMatchObject({
      ...failure,
      attempts: 2,
      worthRetrying: true,
    });
    const last = await kit.fetch({ url, ...once, attemptsBefore: 2 }, { attempt: 1 });
    expect(last).toMatchObject({ ...failure, attempts: 3 });
    expect(last).not.toHaveProperty('worthRetrying');
  });

  it.each(['EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'])('ends with %s, marked', async (code) => {
    await using kit = createFetchKit({ lookup: failingLookup(code) });
    const payload = { url: 'http://name.test/', ...once };
    expect(await kit.fetch(payload, { attempt: 1 })).toMatchObject({ ok: false, worthRetrying: true });
  });

  it('ends with a timeout, marked', async () => {
    await using site = await startTestSite(() => {});
    await using kit = createFetchKit();
    const controller = new AbortController();
    const fetching = kit.fetch({ url: site.origin, ...once }, { attempt: 1, signal: controller.signal });
    await vi.waitFor(() => expect(site.requests).toHaveLength(1), { timeout: 10_000 });
    controller.abort(new JobTimeoutError(1_000));
    expect(await fetching).toMatchObject({ error: { code: 'TIMEOUT' }, worthRetrying: true });
  });

  it.each([200, 404])('does not mark a %i', async (status) => {
    await using site = await startTestSite((_request, response) => response.writeHead(status).end());
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: site.origin, ...once }, { attempt: 1 })).not.toHaveProperty('worthRetrying');
  });

  it('waits in the queue as ever when too much is asked at once', async () => {
    await using site = await startTestSite((_request, response) => response.writeHead(429).end());
    await using kit = createFetchKit();
    await expect(kit.fetch({ url: site.origin, ...once }, { attempt: 1 })).rejects.toThrow('Status 429');
    await using short = createFetchKit({ lookup: failingLookup('EMFILE'), limitMs: -1 });
    const fetching = short.fetch({ url: 'http://name.test/', ...once }, { attempt: 1 });
    await expect(fetching).rejects.toMatchObject({ failure: 'SHORTAGE' });
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
    await using site = await startRawSite(() => {});
    await using kit = createFetchKit({ connectTimeoutMs: 100 });
    const url = site.origin.replace('http:', 'https:');
    await expect(kit.fetch(url, { attempt: 1 })).rejects.toMatchObject({ failure: 'TIMEOUT' });
  });

  it('tries a page again that did not answer before the deadline', async () => {
    await using site = await startTestSite(() => {});
    await using kit = createFetchKit();
    const controller = new AbortController();
    const fetching = kit.fetch(site.origin, { attempt: 1, signal: controller.signal });
    fetching.catch(() => {});
    await vi.waitFor(() => expect(site.requests).toHaveLength(1));
    controller.abort(new JobTimeoutError(1_000));
    await expect(fetching).rejects.toMatchObject({ failure: 'TIMEOUT', worthRetrying: true });
  });
});

describe('http.fetch on a machine that is short of something', () => {
  it.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'])(
    'gives a fetch back that ends with %s, no attempt spent',
    async (code) => {
      await using kit = createFetchKit({ lookup: failingLookup(code) });
      await expect(kit.fetch('http://name.test/', { attempt: 1 })).rejects.toBeInstanceOf(RetryLaterError);
      await expect(kit.fetch('http://name.test/', { attempt: 3 })).rejects.toBeInstanceOf(RetryLaterError);
    },
  );

  it('says SHORTAGE, which no site can cause, when that does not pass', async () => {
    await using kit = createFetchKit({ lookup: failingLookup('EMFILE'), limitMs: -1 });
    await expect(kit.fetch('http://name.test/', { attempt: 1 })).rejects.toMatchObject({ failure: 'SHORTAGE' });
    expect((await kit.fetch('http://name.test/', { attempt: 3 })).error).toEqual({
      code: 'SHORTAGE',
      message: 'this machine has no file descriptors, ports or memory left for a connection (EMFILE)',
    });
  });

  it('takes a missing address of its own for a shortage of ports, but not where it has no IPv6', async () => {
    const noAddress =
      (address: string): LookupFunction =>
      (_name, _options, done) =>
        done(Object.assign(new Error('no address'), { code: 'EADDRNOTAVAIL', address }), '');
    await using v4 = createFetchKit({ lookup: noAddress('192.0.2.1') });
    await expect(v4.fetch('http://name.test/')).rejects.toBeInstanceOf(RetryLaterError);
    await using v6 = createFetchKit({ lookup: noAddress('2001:db8::1') });
    expect((await v6.fetch('http://name.test/')).error?.code).toBe('REFUSED');
  });
});
