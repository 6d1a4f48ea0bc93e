import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFetchKit } from '../testing/fetch-kit.ts';
import { startRawSite, startTestSite } from '../testing/test-site.ts';
import { publicAddressesOnly } from './address-policy.ts';

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
    expect((await kit.fetch('https://far.example/')).error).toMatchObject({ code: 'HTTP' });
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
