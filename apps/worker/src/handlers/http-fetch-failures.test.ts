import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFetchKit } from '../testing/fetch-kit.ts';
import { selfSignedCertificate } from '../testing/self-signed-certificate.ts';
import { startRawSite, startTestSite } from '../testing/test-site.ts';

const EMPTY_SHA256 = createHash('sha256').digest('hex');

describe('http.fetch of a far end that fails', () => {
  it('says REFUSED', async () => {
    const { origin } = await startTestSite(() => {}).then(async (site) => {
      await site[Symbol.asyncDispose]();
      return site;
    });
    await using kit = createFetchKit();
    expect(await kit.fetch(origin)).toMatchObject({
      ok: false,
      status: null,
      error: { code: 'REFUSED' },
    });
  });

  it('says DNS for a name that does not exist', async () => {
    await using kit = createFetchKit({
      lookup: (_host, _options, done) => done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), ''),
    });
    expect(await kit.fetch('http://nowhere.example/', { attempt: 1 })).toMatchObject({ error: { code: 'DNS' } });
  });

  it.each([
    ['before it answers', ''],
    ['within the headers', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['within a body of a known length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
    ['within a chunked body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('says RESET when the connection is closed %s', async (_when, words) => {
    await using site = await startRawSite((socket) => void socket.once('data', () => socket.end(words)));
    await using kit = createFetchKit();
    const result = await kit.fetch(site.origin);
    expect(result).toMatchObject({
      ok: false,
      sha256: null,
      error: { code: 'RESET', message: 'the connection was cut' },
    });
    expect(result.bytes).toBe(words.endsWith('half') || words.endsWith('half\r\n') ? 4 : 0);
  });

  it('says RESET when the connection is reset', async () => {
    await using site = await startRawSite((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    await using kit = createFetchKit();
    expect((await kit.fetch(site.origin)).error?.code).toBe('RESET');
  });

  it.each([
    ['something else than HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['broken headers', 'HTTP/1.1 200 OK\r\nbad header line\r\n\r\n'],
    [
      'an upgrade that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ],
  ])('says HTTP for %s', async (_what, words) => {
    await using site = await startRawSite((socket) => void socket.once('data', () => socket.write(words)));
    await using kit = createFetchKit();
    expect(await kit.fetch(site.origin, { attempt: 1 })).toMatchObject({ ok: false, error: { code: 'HTTP' } });
  });

  it('says TOO_LARGE for headers without end', async () => {
    await using site = await startRawSite((socket) => {
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${`X-Pad: ${'x'.repeat(1_000)}\r\n`.repeat(100)}`));
    });
    await using kit = createFetchKit();
    expect((await kit.fetch(site.origin)).error).toEqual({ code: 'TOO_LARGE', message: 'the headers are too large' });
  });

  it('says TLS for a certificate that nobody trusts', async () => {
    await using site = await startTestSite((_request, response) => response.end(), selfSignedCertificate());
    await using kit = createFetchKit();
    expect((await kit.fetch(site.origin, { attempt: 1 })).error).toEqual({
      code: 'TLS',
      message: 'no trusted TLS connection (DEPTH_ZERO_SELF_SIGNED_CERT)',
    });
  });

  it('says TLS for a certificate of another host', async () => {
    const certificate = selfSignedCertificate();
    await using site = await startTestSite((_request, response) => response.end(), certificate);
    const lookup = (
      _host: string,
      _options: unknown,
      done: (e: null, a: { address: string; family: number }[]) => void,
    ) => done(null, [{ address: '127.0.0.1', family: 4 }]);
    await using kit = createFetchKit({ ca: certificate.cert, lookup });
    const { error } = await kit.fetch(`https://other.example:${site.port}/`, { attempt: 1 });
    expect(error).toMatchObject({ code: 'TLS', message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') });
  });

  it('says TLS when a plain HTTP server answers', async () => {
    await using site = await startRawSite(
      (socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad\r\n\r\n')),
    );
    await using kit = createFetchKit();
    expect((await kit.fetch(site.origin.replace('http:', 'https:'), { attempt: 1 })).error?.code).toBe('TLS');
  });

  it('fetches over TLS that it trusts', async () => {
    const certificate = selfSignedCertificate();
    await using site = await startTestSite((_request, response) => response.end('safe'), certificate);
    await using kit = createFetchKit({ ca: certificate.cert });
    expect(await kit.fetch(site.origin)).toMatchObject({ ok: true, bytes: 4 });
  });

  it('takes a 404 for an HTTP error, and still reports size and digest', async () => {
    await using site = await startTestSite((_request, response) => response.writeHead(404).end('gone'));
    await using kit = createFetchKit();
    expect(await kit.fetch(site.origin, { attempt: 1 })).toMatchObject({
      ok: false,
      status: 404,
      bytes: 4,
      sha256: createHash('sha256').update('gone').digest('hex'),
      error: { code: 'HTTP', message: 'Status 404 Not Found' },
    });
  });

  it('keeps the status as the error when the body of the error cannot be read', async () => {
    await using site = await startRawSite((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nhalf'));
    });
    await using kit = createFetchKit();
    expect(await kit.fetch(site.origin, { attempt: 1 })).toMatchObject({
      status: 403,
      bytes: 4,
      sha256: null,
      error: { message: 'Status 403 Forbidden' },
    });
  });

  it('takes an answer that is neither success, redirect nor error for an HTTP error', async () => {
    await using site = await startTestSite((_request, response) => response.writeHead(304).end());
    await using kit = createFetchKit();
    expect(await kit.fetch(site.origin)).toMatchObject({
      ok: false,
      status: 304,
      sha256: EMPTY_SHA256,
      error: { code: 'HTTP' },
    });
  });

  it('takes a 204 for a success', async () => {
    await using site = await startTestSite((_request, response) => response.writeHead(204).end());
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: site.origin, body: 'json' })).toMatchObject({ ok: true, status: 204, bytes: 0 });
  });

  it('throws what is no fault of the far end', async () => {
    const fault = new Error('a bug of ours');
    await using kit = createFetchKit({
      lookup: (_host, _options, done) => done(Object.assign(fault, { code: 'ERR_ASSERTION' }), ''),
    });
    await expect(kit.fetch('http://example.test/')).rejects.toBe(fault);
  });
});
