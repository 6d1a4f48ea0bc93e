import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFetchKit } from '../testing/fetch-kit.ts';
import { selfSignedCertificate } from '../testing/self-signed-certificate.ts';
import { startRawSite, type TestSite } from '../testing/test-site.ts';

afterEach(() => void vi.unstubAllEnvs());

/** Answers the first request of each connection, and leaves the connection as it is. */
function startAnsweringSite(answer: string | Buffer): Promise<TestSite> {
  return startRawSite(
    (socket) => void socket.once('data', () => socket.write(Buffer.from(answer as string, 'latin1'))),
  );
}

/** Sends the beginning of an answer; resets the connection when the client has read it. */
function startResettingSite(beginning: string): Promise<TestSite> {
  return startRawSite((socket) => {
    socket.once('data', () =>
      socket.write(beginning, () => setImmediate(() => setImmediate(() => socket.resetAndDestroy()))),
    );
  });
}

describe('http.fetch of servers that are slightly wrong', () => {
  it.each([
    ['ends its lines with LF alone', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
    ['sends two equal lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok'],
    [
      'sends a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['ends its chunks with LF alone', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n'],
    ['says 100 Continue unasked', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['folds its fields', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok'],
  ])('takes an answer that %s', async (_how, answer) => {
    await using site = await startAnsweringSite(answer);
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: site.origin, body: 'text' })).toMatchObject({ ok: true, status: 200, body: 'ok' });
  });

  it('uses their connections again', async () => {
    await using site = await startRawSite((socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok'));
    });
    await using kit = createFetchKit();
    for (let page = 0; page < 5; page += 1)
      expect(await kit.fetch(`${site.origin}/${page}`)).toMatchObject({ bytes: 2 });
    expect(site.connections()).toBeLessThanOrEqual(2);
  });

  it('does not take what came too early for the answer to the next request', async () => {
    const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    await using site = await startRawSite(
      (socket) => void socket.on('data', () => socket.write(ok + ok.replace('ok', 'no'))),
    );
    await using kit = createFetchKit();
    for (let page = 0; page < 5; page += 1) {
      expect((await kit.fetch({ url: `${site.origin}/${page}`, body: 'text' })).body).toBe('ok');
    }
  });

  it('takes them through a proxy, too', async () => {
    await using proxy = await startAnsweringSite('HTTP/1.1 200 OK\nContent-Length: 2\n\nok');
    for (const name of ['HTTP_PROXY', 'http_proxy']) vi.stubEnv(name, proxy.origin);
    for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '');
    await using kit = createFetchKit({ useProxy: true });
    expect(await kit.fetch({ url: 'http://far.example/', body: 'text' })).toMatchObject({ ok: true, body: 'ok' });
  });

  it.each(['000', '099'])('says HTTP for the status %s', async (status) => {
    await using site = await startAnsweringSite(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`);
    await using kit = createFetchKit();
    expect(await kit.fetch(site.origin, { attempt: 1 })).toMatchObject({
      ok: false,
      status: null,
      error: { code: 'HTTP', message: `the answer has the status ${status}, which there is not` },
    });
  });

  it('says TOO_LARGE for interim answers without end', async () => {
    await using site = await startRawSite(
      (socket) => void socket.once('data', () => pour(socket, 'HTTP/1.1 100 Continue\r\n\r\n')),
    );
    await using kit = createFetchKit();
    expect((await kit.fetch(site.origin, { attempt: 1 })).error?.code).toBe('TOO_LARGE');
  });
});

describe('http.fetch of an answer that is cut off', () => {
  it.each([
    ['an unknown length', 'HTTP/1.1 200 OK\r\n\r\nhalf'],
    ['unknown length in HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nhalf'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    [
      'chunks, and is the last',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
    ],
    ['a known length, and is the last', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nhalf'],
  ])('says RESET when it is reset within a body of %s, and tries again', async (_what, beginning) => {
    await using site = await startResettingSite(beginning);
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: site.origin, body: 'text' })).toMatchObject({
      ok: false,
      sha256: null,
      error: { code: 'RESET', message: 'the connection was cut' },
    });
    await expect(kit.fetch(site.origin, { attempt: 1 })).rejects.toMatchObject({
      failure: 'RESET',
      worthRetrying: true,
    });
  });

  it('says RESET when the connection ends within chunks that were to be the last', async () => {
    await using site = await startRawSite((socket) => {
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
      );
    });
    await using kit = createFetchKit();
    expect(await kit.fetch(site.origin)).toMatchObject({ ok: false, bytes: 4, error: { code: 'RESET' } });
  });

  it('takes the end of the connection for the end of a body of unknown length', async () => {
    await using site = await startRawSite(
      (socket) => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall')),
    );
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: site.origin, body: 'text' })).toMatchObject({ ok: true, body: 'all' });
  });
});

describe('http.fetch of an answer over TLS whose connection ends', () => {
  const certificate = selfSignedCertificate();

  /** Answers the first request of each connection, and ends it. */
  function startEndingSite(answer: string, end: (tls: TLSSocket) => void): Promise<TestSite> {
    return startRawSite((socket) => {
      const tls = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(certificate) });
      tls.on('error', () => undefined);
      tls.once('data', () => tls.write(answer, () => end(tls)));
    });
  }

  it.each([
    ['no length', 'HTTP/1.1 200 OK\r\n\r\nhalf'],
    ['no length, by HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nhalf'],
    ['chunks', 'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('says RESET when TLS was not closed before, for a body of %s', async (_what, answer) => {
    await using site = await startEndingSite(answer, (tls) => tls.destroy());
    await using kit = createFetchKit({ ca: certificate.cert });
    const url = site.origin.replace('http:', 'https:');
    expect(await kit.fetch(url)).toMatchObject({ ok: false, status: 200, sha256: null, error: { code: 'RESET' } });
    await expect(kit.fetch(url, { attempt: 1 })).rejects.toMatchObject({ failure: 'RESET', worthRetrying: true });
  });

  it('takes a body whose length was known, although TLS was not closed', async () => {
    await using site = await startEndingSite('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nall', (tls) => tls.destroy());
    await using kit = createFetchKit({ ca: certificate.cert });
    const result = await kit.fetch({ url: site.origin.replace('http:', 'https:'), body: 'text' });
    expect(result).toMatchObject({ ok: true, body: 'all' });
  });

  it.each([1, 500_000])('takes a body of no length and %i bytes when TLS was closed', async (bytes) => {
    await using site = await startEndingSite(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(bytes)}`, (tls) => tls.end());
    await using kit = createFetchKit({ ca: certificate.cert });
    expect(await kit.fetch(site.origin.replace('http:', 'https:'))).toMatchObject({ ok: true, bytes });
  });

  it('says RESET when the connection is reset', async () => {
    await using site = await startRawSite((socket) => {
      const tls = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(certificate) });
      tls.on('error', () => undefined);
      tls.once('data', () => tls.write('HTTP/1.1 200 OK\r\n\r\nhalf', () => socket.resetAndDestroy()));
    });
    await using kit = createFetchKit({ ca: certificate.cert });
    expect((await kit.fetch(site.origin.replace('http:', 'https:'))).error?.code).toBe('RESET');
  });
});

describe('http.fetch of a server that ends the TLS handshake', () => {
  /** Of the alerts that Node names by a code with a slash, and of those that it does not. */
  it.each([
    ['handshake failure', 40, 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'],
    ['certificate unknown', 46, 'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN'],
    ['protocol version', 70, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'],
    ['unrecognized name', 112, 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
  ])('says TLS for the alert %s, and nothing of the library’s insides', async (_name, alert, code) => {
    await using site = await startRawSite((socket) => {
      socket.once('data', () => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, alert])));
    });
    await using kit = createFetchKit();
    const { error } = await kit.fetch(site.origin.replace('http:', 'https:'), { attempt: 1 });
    expect(error).toEqual({ code: 'TLS', message: `no trusted TLS connection (${code})` });
  });

  it.each([
    ['RESET', 'closes the connection', (socket: Socket) => void socket.once('data', () => socket.end())],
    ['RESET', 'resets the connection', (socket: Socket) => void socket.once('data', () => socket.resetAndDestroy())],
    ['TIMEOUT', 'says nothing', () => undefined],
  ])('says %s when it %s', async (code, _how, speak) => {
    await using site = await startRawSite(speak);
    await using kit = createFetchKit({ connectTimeoutMs: 200 });
    expect((await kit.fetch(site.origin.replace('http:', 'https:'))).error?.code).toBe(code);
  });
});

/** Writes for as long as the other side reads. */
function pour(socket: Socket, piece: string): void {
  const pieces = piece.repeat(100);
  const more = (): void => {
    if (socket.writable && socket.write(pieces)) setImmediate(more);
    else if (socket.writable) void once(socket, 'drain').then(more, () => undefined);
  };
  more();
}
