import { Cluster, Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { createClient } from '../redis/redis-input.ts';
import { portableInput } from './portable-input.ts';

/** As another thread would get it. */
const sent = (input: Parameters<typeof portableInput>[0]): never => structuredClone(portableInput(input)) as never;

describe('a description of where Redis is', () => {
  it.each(['redis://user:secret@host:7000/2', 'rediss://host', 'unix:///run/redis.sock'])('keeps the URL %s', (url) => {
    expect(sent(url)).toBe(url);
  });

  it('keeps options with certificates, and leaves out functions', () => {
    const ca = Buffer.from('certificate');
    const input = { host: 'h', port: 1, tls: { ca, checkServerIdentity: () => undefined }, retryStrategy: () => 1 };
    const { tls, ...rest } = sent(input) as { tls: { ca: Uint8Array } };
    expect(rest).toEqual({ host: 'h', port: 1 });
    expect(Object.keys(tls)).toEqual(['ca']);
    expect(Buffer.from(tls.ca)).toEqual(ca);
  });

  it.each([
    ['rediss://user:secret@host:7000/2', { host: 'host', port: 7_000, username: 'user', password: 'secret', db: 2 }],
    ['unix', { path: '/run/redis.sock', password: 'secret' }],
  ])('leads from a client (%s) to the same server', (url, expected) => {
    const lazy = { lazyConnect: true, reconnectOnError: () => false };
    const client = url === 'unix' ? new Redis({ ...lazy, ...expected }) : new Redis(url, lazy);
    const copy = createClient(sent(client));
    expect(copy.options).toMatchObject(expected);
    expect(Boolean(copy.options.tls)).toBe(url !== 'unix');
  });

  it('names the nodes of a cluster', () => {
    const nodes = [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ];
    const redisOptions = { password: 'secret', tls: {} };
    const cluster = new Cluster(nodes, { lazyConnect: true, redisOptions, clusterRetryStrategy: () => 1 });
    expect(sent(cluster)).toMatchObject({ cluster: nodes, options: { redisOptions } });
  });
});
