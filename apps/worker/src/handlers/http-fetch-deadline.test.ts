import type { LookupFunction } from 'node:net';
import { JobInterruptedError, JobTimeoutError } from '@sluice/queue/contracts';
import { describe, expect, it, vi } from 'vitest';
import { httpPoolDefaults } from '../http/http-pool.ts';
import { createFetchKit } from '../testing/fetch-kit.ts';
import { startRawSite, startTestSite } from '../testing/test-site.ts';

describe('http.fetch at its deadline', () => {
  /** A signal that a test aborts as a pool does. */
  function deadline(timeoutMs: number) {
    const controller = new AbortController();
    return { signal: controller.signal, pass: () => controller.abort(new JobTimeoutError(timeoutMs)) };
  }

  it('gives "Timeout after 3 seconds" as data when no answer comes', async () => {
    await using site = await startTestSite(() => {});
    await using kit = createFetchKit();
    const { signal, pass } = deadline(3_000);
    const fetching = kit.fetch(`${site.origin}/hang`, { signal });
    await vi.waitFor(() => expect(site.requests).toHaveLength(1));
    pass();
    expect(await fetching).toMatchObject({
      ok: false,
      status: null,
      finalUrl: null,
      error: { code: 'TIMEOUT', message: 'Timeout after 3 seconds' },
    });
  });

  it('keeps what was learned when the body hangs', async () => {
    await using site = await startTestSite((_request, response) => {
      response.setHeader('content-type', 'text/plain').write('half');
    });
    await using kit = createFetchKit();
    const { signal, pass } = deadline(1_000);
    const fetching = kit.fetch(site.origin, { signal });
    await vi.waitFor(() => expect(site.requests).toHaveLength(1));
    setTimeout(pass, 100); // Nothing on this side tells when the first half has arrived.
    expect(await fetching).toMatchObject({
      ok: false,
      status: 200,
      bytes: 4,
      sha256: null,
      contentType: 'text/plain',
      error: { code: 'TIMEOUT', message: 'Timeout after 1 second' },
    });
  });

  it('does not wait for a name server that is silent', async () => {
    const asked = Promise.withResolvers<void>();
    await using kit = createFetchKit({ lookup: () => asked.resolve() });
    const { signal, pass } = deadline(1_000);
    const fetching = kit.fetch('http://silent.example/', { signal });
    await asked.promise;
    pass();
    const { error, ms } = await fetching;
    expect(error?.code).toBe('TIMEOUT');
    expect(ms).toBeLessThan(httpPoolDefaults.connectTimeoutMs / 2);
  });

  it('does not wait for a TLS handshake that never ends', async () => {
    const connected = Promise.withResolvers<void>();
    await using site = await startRawSite((socket) => void socket.once('data', () => connected.resolve()));
    await using kit = createFetchKit();
    const { signal, pass } = deadline(1_000);
    const fetching = kit.fetch(site.origin.replace('http:', 'https:'), { signal });
    await connected.promise;
    pass();
    const { error, ms } = await fetching;
    expect(error?.code).toBe('TIMEOUT');
    expect(ms).toBeLessThan(httpPoolDefaults.connectTimeoutMs / 2);
  });

  it('says TIMEOUT when a host does not connect in time', async () => {
    await using site = await startRawSite(() => {});
    await using kit = createFetchKit({ connectTimeoutMs: 100 });
    expect(await kit.fetch(site.origin.replace('http:', 'https:'))).toMatchObject({
      error: { code: 'TIMEOUT', message: 'no connection in time' },
    });
  });

  it('says DNS when a name has no address in time, which takes nothing from the time to connect', async () => {
    await using kit = createFetchKit({ lookup: () => {}, lookupTimeoutMs: 100 });
    expect(await kit.fetch('http://silent.example/')).toMatchObject({
      error: { code: 'DNS', message: 'the name server has no answer now (ETIMEOUT)' },
    });
    await using site = await startTestSite((_request, response) => response.end('ok'));
    const slow: LookupFunction = (_name, _options, done) => setTimeout(done, 300, null, '127.0.0.1', 4);
    await using slowKit = createFetchKit({ lookup: slow, connectTimeoutMs: 250 });
    expect(await slowKit.fetch(`http://slow.example:${site.port}/`)).toMatchObject({ ok: true });
  });

  it('closes the connection of a fetch that timed out', async () => {
    const closed = Promise.withResolvers<void>();
    await using site = await startTestSite((request) => request.socket.once('close', () => closed.resolve()));
    await using kit = createFetchKit();
    const { signal, pass } = deadline(1_000);
    const fetching = kit.fetch(site.origin, { signal });
    await vi.waitFor(() => expect(site.requests).toHaveLength(1));
    pass();
    await fetching;
    await closed.promise;
  });

  it('passes an interruption on: it is nobody’s result', async () => {
    await using site = await startTestSite(() => {});
    await using kit = createFetchKit();
    const controller = new AbortController();
    const fetching = kit.fetch(site.origin, { signal: controller.signal });
    await vi.waitFor(() => expect(site.requests).toHaveLength(1));
    controller.abort(new JobInterruptedError('drained'));
    await expect(fetching).rejects.toBeInstanceOf(JobInterruptedError);
  });
});
