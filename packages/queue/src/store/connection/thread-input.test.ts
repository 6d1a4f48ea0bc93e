import { Cluster, Redis } from 'ioredis';
import { lookup } from 'node:dns';
import { createSecureContext } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { DefinitionError } from '../../job/errors/index.ts';
import { createClient, type RedisInput } from './redis-input.ts';
import { threadInput } from './thread-input.ts';

/** As another thread would get it. */
const sent = (input: RedisInput): RedisInput => structuredClone(threadInput(input).redis);
const pathsOf = (input: RedisInput): string[] => threadInput(input).functions.map(({ path }) => path.join('.'));

const opened: { disconnect(): void }[] = [];
const keep = <T extends { disconnect(): void }>(client: T): T => {
  opened.push(client);
  return client;
};
afterEach(() => {
  for (const client of opened.splice(0)) client.disconnect();
});

describe('a description of where Redis is', () => {
  it.each([
    ['redis://user:secret@host:7000/2', { host: 'host', port: 7_000, username: 'user', password: 'secret', db: 2 }],
    ['rediss://host', { host: 'host', port: 6_379, tls: {} }],
    ['unix:///run/redis.sock', { path: '/run/redis.sock' }],
  ])('leads from the address %s to the same server', (url, expected) => {
    const copy = keep(createClient(sent(url)));
    expect(copy.options).toMatchObject(expected);
    expect(copy.options).toMatchObject(keep(createClient(url)).options);
  });

  it.each([
    ['rediss://user:secret@host:7000/2', { host: 'host', port: 7_000, username: 'user', password: 'secret', db: 2 }],
    ['unix', { path: '/run/redis.sock', password: 'secret' }],
  ])('leads from a client (%s) to the same server', (url, expected) => {
    const lazy = { lazyConnect: true, reconnectOnError: () => false };
    const client = keep(url === 'unix' ? new Redis({ ...lazy, ...expected }) : new Redis(url, lazy));
    const copy = keep(createClient(sent(client)));
    expect(copy.options).toMatchObject(expected);
    expect(Boolean(copy.options.tls)).toBe(url !== 'unix');
  });

  it('keeps certificates', () => {
    const ca = Buffer.from('certificate');
    const { tls } = sent({ host: 'h', port: 1, tls: { ca, servername: 'x' } }) as { tls: { ca: Uint8Array } };
    expect(Buffer.from(tls.ca)).toEqual(ca);
    expect(tls).toMatchObject({ servername: 'x' });
  });

  it('names the caller’s functions that the main thread must call, and none that Sluice sets itself', () => {
    const tls = { checkServerIdentity: () => undefined, lookup, pskCallback: () => null };
    const input = { host: 'h', tls, natMap: () => null, retryStrategy: () => 1, reconnectOnError: () => true };
    expect(pathsOf(input)).toEqual(['tls.checkServerIdentity', 'tls.lookup', 'tls.pskCallback', 'natMap']);
    expect(sent(input)).toEqual({ host: 'h', tls: {} });
  });

  it('names the nodes of a cluster, and the functions of its options', () => {
    const nodes = [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ];
    const redisOptions = { password: 'secret', tls: { checkServerIdentity: () => undefined } };
    const given = { redisOptions, dnsLookup: () => undefined, natMap: { 'a:1': { host: 'c', port: 3 } } };
    const client = keep(new Cluster(nodes, { ...given, lazyConnect: true, clusterRetryStrategy: () => 1 }));
    for (const input of [client, { cluster: nodes, options: given }]) {
      expect(sent(input)).toMatchObject({
        cluster: nodes,
        options: { natMap: given.natMap, redisOptions: { password: 'secret', tls: {} } },
      });
      expect(pathsOf(input).toSorted().slice(0, 2)).toEqual([
        'options.dnsLookup',
        'options.redisOptions.tls.checkServerIdentity',
      ]);
    }
    expect(threadInput(client).functions.find(({ path }) => path.at(-1) === 'resolveSrv')).toMatchObject({
      builtIn: 'resolveSrv',
    });
  });

  it.each<[string, RedisInput]>([
    ['redis.Connector', { Connector: class {} as never }],
    ['redis.tls.secureContext', { host: 'h', tls: { secureContext: createSecureContext() } }],
    ['redis.tls.ALPNCallback', { host: 'h', tls: { ALPNCallback: () => 'x' } as never }],
    [
      'redis.options.redisOptions.Connector',
      { cluster: ['redis://a'], options: { redisOptions: { Connector: class {} as never } } },
    ],
  ])('is refused where it would lose %s', (option, input) => {
    expect(() => threadInput(input)).toThrow(DefinitionError);
    expect(() => threadInput(input)).toThrow(`${option} cannot be used by a pool`);
  });
});
