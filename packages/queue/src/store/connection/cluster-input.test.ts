import { Cluster, type ClusterOptions } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { DefinitionError } from '../../job/errors/index.ts';
import { createClient, hostOf, type RedisInput } from './redis-input.ts';

const opened: { disconnect(): void }[] = [];
afterEach(() => {
  for (const client of opened.splice(0)) client.disconnect();
});

function create(input: RedisInput): Cluster {
  const client: unknown = createClient(input, { connectTimeout: 7_000 });
  if (!(client instanceof Cluster)) throw new TypeError('no cluster');
  opened.push(client);
  return client;
}

const reckless = {
  lazyConnect: true,
  enableOfflineQueue: true,
  scaleReads: 'slave',
  retryDelayOnFailover: 500,
  clusterNodeRetryStrategy: () => 10,
  natMap: { 'a:1': { host: 'b', port: 2 } },
  redisOptions: { maxRetriesPerRequest: 20, connectionName: 'mine' },
} satisfies ClusterOptions;

describe('redis: a cluster', () => {
  it.each<[string, () => RedisInput]>([
    ['nodes and options', () => ({ cluster: ['redis://a:1', { host: 'b', port: 2 }], options: reckless })],
    [
      'a client of the caller’s',
      () => {
        const own = new Cluster(['redis://a:1', { host: 'b', port: 2 }], reckless);
        opened.push(own);
        return own;
      },
    ],
  ])('is reached by %s, under options that send nothing twice', (_, input) => {
    const { options } = create(input());
    expect(options).toMatchObject({
      retryDelayOnFailover: 0,
      clusterNodeRetryStrategy: null,
      enableOfflineQueue: false,
      scaleReads: 'master',
      natMap: reckless.natMap,
      redisOptions: { maxRetriesPerRequest: 0, connectionName: 'mine', connectTimeout: 7_000, replyMapping: 'legacy' },
    });
  });

  it('is reached by URLs with commas between them; the first names user, password and TLS for all', () => {
    const client = create('rediss://ann:p%40ss@a:7001, rediss://b');
    expect(client.options.redisOptions).toMatchObject({ username: 'ann', password: 'p@ss', tls: {} });
    expect(hostOf(client)).toBe('a:7001,b:6379');
  });

  it('names its nodes and never a password, however it was given', () => {
    const withPassword = { host: 'b', port: 2, password: 'secret' };
    const own = new Cluster(['redis://ann:secret@a:1', withPassword, 3], { lazyConnect: true });
    opened.push(own);
    expect(hostOf(create(own))).toBe('a:1,b:2,127.0.0.1:3');
    expect(hostOf(create({ cluster: ['redis://:secret@a:1'] }))).toBe('a:1');
  });

  it('lets a command wait for a node’s connection, but not for the cluster', () => {
    const client = create({ cluster: ['redis://a:1'] });
    expect(client.options.enableOfflineQueue).toBe(false);
    client.status = 'ready';
    expect(client.options.enableOfflineQueue).toBe(true);
  });

  it.each<[string, RedisInput]>([
    ['none', { cluster: [] }],
    ['a socket', { cluster: ['unix:///tmp/redis.sock'] }],
    ['no URL', 'redis://a:1,b:2'],
  ])('refuses nodes that are none: %s', (_, input) => {
    expect(() => createClient(input)).toThrow(DefinitionError);
  });
});
