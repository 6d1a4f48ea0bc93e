import { describe, expect, it } from 'vitest';
import { NameResolver, type NameServers } from './name-resolver.ts';

const neverAborted = new AbortController().signal;
const failed = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
const silence = new Promise<never>(() => {});

/** A resolver whose hosts file lists `listed.example`, and whose system knows every name as 10.9.9.9. */
function resolverOf(servers: Partial<NameServers>) {
  const asked: string[] = [];
  const resolver = new NameResolver({
    hosts: {
      addressesOf: async (name) => (name === 'listed.example' ? [{ address: '10.1.1.1', family: 4 }] : []),
    },
    system: {
      addressesOf: async (name) => {
        asked.push(name);
        return [{ address: '10.9.9.9', family: 4 }];
      },
    },
    nameServers: () => ({ resolve4: () => failed('ENOTFOUND'), resolve6: () => failed('ENOTFOUND'), ...servers }),
  });
  const addressesOf = async (name: string) =>
    (await resolver.addressesOf(name, neverAborted)).map(({ address }) => address);
  return { addressesOf, asked };
}

describe('NameResolver', () => {
  it('gives the addresses of both families', async () => {
    const { addressesOf } = resolverOf({
      resolve4: async () => ['192.0.2.1', '192.0.2.2'],
      resolve6: async () => ['2001:db8::1'],
    });
    expect(await addressesOf('a.example')).toEqual(['2001:db8::1', '192.0.2.1', '192.0.2.2']);
  });

  it('prefers the file of hosts', async () => {
    const { addressesOf } = resolverOf({ resolve4: async () => ['192.0.2.1'] });
    expect(await addressesOf('listed.example')).toEqual(['10.1.1.1']);
  });

  it.each(['localhost', 'app.localhost', 'LOCALHOST.'])('knows %s without asking', async (name) => {
    const { addressesOf, asked } = resolverOf({});
    expect(await addressesOf(name)).toEqual(['127.0.0.1', '::1']);
    expect(asked).toEqual([]);
  });

  it.each<[string, Partial<NameServers>]>([
    ['silent', { resolve6: () => silence }],
    ['failing', { resolve6: () => failed('ESERVFAIL') }],
    ['empty', { resolve6: () => failed('ENODATA') }],
  ])('does not wait for a family whose servers are %s', async (_what, servers) => {
    const { addressesOf } = resolverOf({ resolve4: async () => ['192.0.2.1'], ...servers });
    expect(await addressesOf('a.example')).toEqual(['192.0.2.1']);
  });

  it('asks the system for what name servers do not know: search domains, mDNS', async () => {
    const { addressesOf, asked } = resolverOf({});
    expect(await addressesOf('printer.local')).toEqual(['10.9.9.9']);
    expect(await addressesOf('intranet')).toEqual(['10.9.9.9']);
    expect(asked).toEqual(['printer.local', 'intranet']);
  });

  it('asks the system where no name server is set up', async () => {
    const { addressesOf } = resolverOf({
      resolve4: () => failed('ECONNREFUSED'),
      resolve6: () => failed('ECONNREFUSED'),
    });
    expect(await addressesOf('a.example')).toEqual(['10.9.9.9']);
  });

  it.each(['ETIMEOUT', 'ESERVFAIL'])('does not keep the system busy with a name that ends with %s', async (code) => {
    const { addressesOf, asked } = resolverOf({ resolve4: () => failed('ENODATA'), resolve6: () => failed(code) });
    await expect(addressesOf('slow.example')).rejects.toMatchObject({ code });
    expect(asked).toEqual([]);
  });
});
