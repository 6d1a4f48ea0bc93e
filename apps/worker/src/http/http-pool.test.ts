import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFetchKit } from '../testing/fetch-kit.ts';
import { selfSignedCertificate } from '../testing/self-signed-certificate.ts';
import { startRawSite, startTestSite, type TestSite } from '../testing/test-site.ts';
import { publicAddressesOnly } from './connection/address-policy.ts';

afterEach(() => void vi.unstubAllEnvs());

/** Names a proxy for everything, as an operating system or a shell profile does. */
function nameProxy(origin: string, exempt = ''): void {
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY']) vi.stubEnv(name, origin);
  for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, exempt);
}

describe('HttpPool and proxies of the environment', () => {
  it('ignores them', async () => {
    await using proxy = await startTestSite((_request, response) => response.end('proxy'));
    await using site = await startTestSite((_request, response) => response.end('direct'));
    nameProxy(proxy.origin);
    await using kit = createFetchKit();
    expect(await kit.fetch({ url: site.origin, body: 'text' })).toMatchObject({ ok: true, body: 'direct' });
    expect(proxy.connections()).toBe(0);
  });

  it('uses them when asked to', async () => {
    await using proxy = await startTestSite((_request, response) => response.end('proxy'));
    nameProxy(proxy.origin);
    await using kit = createFetchKit({ useProxy: true });
    expect(await kit.fetch({ url: 'http://far.example/x', body: 'text' })).toMatchObject({ ok: true, body: 'proxy' });
    expect(proxy.requests[0]?.url).toBe('http://far.example/x');
  });

  it.each(['http://127.0.0.1/', 'http://localhost/', 'https://[::ffff:10.0.0.1]/'])(
    'refuses %s also behind a proxy: that much can be told without resolving',
    async (url) => {
      await using proxy = await startTestSite((_request, response) => response.end('proxy'));
      nameProxy(proxy.origin);
      await using kit = createFetchKit({ useProxy: true, policy: publicAddressesOnly });
      expect((await kit.fetch(url)).error?.code).toBe('BLOCKED_ADDRESS');
      expect(proxy.connections()).toBe(0);
    },
  );

  it('checks the addresses of hosts that are exempt from the proxy', async () => {
    await using proxy = await startTestSite((_request, response) => response.end('proxy'));
    nameProxy(proxy.origin, 'near.example');
    const lookup = vi.fn(
      (_host: string, _options: unknown, done: (error: null, address: string, family: number) => void) =>
        done(null, '10.0.0.1', 4),
    );
    await using kit = createFetchKit({ useProxy: true, policy: publicAddressesOnly, lookup });
    expect((await kit.fetch('http://near.example/')).error?.code).toBe('BLOCKED_ADDRESS');
    expect(lookup).toHaveBeenCalledOnce();
    expect(proxy.connections()).toBe(0);
  });

  it('says HTTP when the proxy will not connect', async () => {
    await using proxy = await startRawSite(
      (socket) => void socket.once('data', () => socket.end('HTTP/1.1 403 No\r\n\r\n')),
    );
    nameProxy(proxy.origin);
    await using kit = createFetchKit({ useProxy: true });
    expect((await kit.fetch('https://far.example/', { attempt: 1 })).error).toEqual({
      code: 'HTTP',
      message: 'the proxy does not connect (status 403)',
    });
  });

  it.each([502, 503, 504])(
    'tries again when the proxy does not reach the host, and says so by a %i',
    async (status) => {
      await using proxy = await startRawSite(
        (socket) => void socket.once('data', () => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)),
      );
      nameProxy(proxy.origin);
      await using kit = createFetchKit({ useProxy: true });
      await expect(kit.fetch('https://far.example/', { attempt: 1 })).rejects.toMatchObject({ failure: 'HTTP' });
      expect((await kit.fetch('https://far.example/')).error?.message).toContain(`status ${status}`);
    },
  );
});

describe('HttpPool and tunnels through a proxy', () => {
  const certificate = selfSignedCertificate();

  /** A proxy that is every host of https itself: it answers the first request of each tunnel, and ends it. */
  function startTunnel(answer: string, end: (tls: TLSSocket, socket: Socket) => void): Promise<TestSite> {
    return startRawSite((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 Connected\r\n\r\n');
        const tls = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(certificate) });
        tls.on('error', () => undefined);
        tls.once('data', () => tls.write(answer, () => end(tls, socket)));
      });
    });
  }

  const NO_LENGTH = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n';

  it.each([
    ['TLS was not closed', (tls: TLSSocket) => tls.destroy()],
    ['the connection was reset', (_: TLSSocket, socket: Socket) => setImmediate(() => socket.resetAndDestroy())],
  ])('says RESET for a body of no length when %s', async (_, end) => {
    await using proxy = await startTunnel(`${NO_LENGTH}half`, end);
    nameProxy(proxy.origin);
    await using kit = createFetchKit({ useProxy: true, ca: certificate.cert });
    expect(await kit.fetch('https://127.0.0.1/')).toMatchObject({ ok: false, error: { code: 'RESET' } });
    await expect(kit.fetch('https://127.0.0.1/', { attempt: 1 })).rejects.toMatchObject({ failure: 'RESET' });
  });

  it.each([1, 500_000])('takes a body of no length and %i bytes when TLS was closed', async (bytes) => {
    await using proxy = await startTunnel(`${NO_LENGTH}${'x'.repeat(bytes)}`, (tls) => tls.end());
    nameProxy(proxy.origin);
    await using kit = createFetchKit({ useProxy: true, ca: certificate.cert });
    expect(await kit.fetch('https://127.0.0.1/')).toMatchObject({ ok: true, bytes });
  });

  it('keeps apart tunnels that are opened at once', async () => {
    await using proxy = await startTunnel(`${NO_LENGTH}all`, (tls) => tls.end());
    nameProxy(proxy.origin);
    await using kit = createFetchKit({ useProxy: true, ca: certificate.cert });
    const pages = await Promise.all(Array.from({ length: 20 }, (_, n) => kit.fetch(`https://127.0.0.1/${n}`)));
    expect(pages.map(({ ok, bytes }) => ({ ok, bytes }))).toEqual(pages.map(() => ({ ok: true, bytes: 3 })));
  });
});

const PAGE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A site that does this to the second request on each connection. */
function startForgetfulSite(end: (socket: Socket) => void) {
  const asked: string[] = [];
  const site = startRawSite((socket) => {
    let requests = 0;
    socket.on('data', (head) => {
      asked.push(String(head).split(' ')[1] ?? '');
      requests += 1;
      if (requests === 1) socket.write(PAGE);
      else end(socket);
    });
  });
  return { asked, site };
}

/** Lets the client notice that a connection has become idle. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('HttpPool and idle connections', () => {
  it.each([
    ['reset', (socket: Socket) => void socket.resetAndDestroy()],
    ['closed', (socket: Socket) => void socket.end()],
  ])('sends a request again at once whose connection was %s as it was used again', async (_how, end) => {
    const { asked, site } = startForgetfulSite(end);
    await using open = await site;
    await using kit = createFetchKit();
    for (const path of ['/1', '/2', '/3', '/4']) {
      expect(await kit.fetch(`${open.origin}${path}`, { attempt: 1, maxAttempts: 1 })).toMatchObject({
        ok: true,
        attempts: 1,
      });
      await turns();
    }
    expect(asked.slice(0, 3)).toEqual(['/1', '/2', '/2']);
    expect(Math.max(...asked.map((path) => asked.filter((each) => each === path).length))).toBe(2);
  });

  it('does so over TLS', async () => {
    const certificate = selfSignedCertificate();
    const used = new Set<unknown>();
    await using site = await startTestSite((request, response) => {
      if (used.has(request.socket)) request.socket.destroy();
      used.add(request.socket);
      response.end('ok');
    }, certificate);
    await using kit = createFetchKit({ ca: certificate.cert });
    for (const path of ['/1', '/2', '/3']) {
      expect(await kit.fetch(`${site.origin}${path}`, { maxAttempts: 1, attempt: 1 })).toMatchObject({ ok: true });
      await turns();
    }
    expect(site.requests.length).toBeGreaterThan(3);
  });

  it('sends a request on a new connection once only', async () => {
    let asked = 0;
    await using site = await startRawSite((socket) => {
      socket.on('data', () => {
        asked += 1;
        socket.resetAndDestroy();
      });
    });
    await using kit = createFetchKit();
    expect((await kit.fetch(site.origin)).error?.code).toBe('RESET');
    expect(asked).toBe(1);
  });

  it('sends no request again whose answer had begun', async () => {
    const { asked, site } = startForgetfulSite((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    );
    await using open = await site;
    await using kit = createFetchKit();
    await kit.fetch(`${open.origin}/1`);
    await turns();
    expect((await kit.fetch(`${open.origin}/2`)).error?.code).toBe('RESET');
    expect(asked).toEqual(['/1', '/2']);
  });
});

describe('HttpPool', () => {
  it('closes its connections', async () => {
    const closed = Promise.withResolvers<void>();
    await using site = await startTestSite((request, response) => {
      request.socket.once('close', () => closed.resolve());
      response.end();
    });
    {
      await using kit = createFetchKit();
      await kit.fetch(site.origin);
    }
    await closed.promise;
    expect(site.connections()).toBe(1);
  });
});
