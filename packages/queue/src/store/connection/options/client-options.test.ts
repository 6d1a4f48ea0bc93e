import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DefinitionError } from '../../../job/errors/index.ts';
import { createClient, type RedisInput } from '../redis-input.ts';
import { clusterTable, nodeTable, redisTable, tlsTable } from './client-options.ts';
import type { OptionTable, OptionTreatment } from './option-treatment.ts';
import { renderOptions } from './testing/render-options.ts';

const built = new URL('./', import.meta.resolve('ioredis'));
const typesOf = async (file: string): Promise<string> => readFile(new URL(`${file}.d.ts`, built), 'utf8');

/** The names of an interface of ioredis, as its types list them. */
function namesIn(text: string, declaration: string): string[] {
  const [, body = ''] = new RegExp(`${declaration}[^{]*\\{\\n(.*?)\\n\\}`, 's').exec(text) ?? [];
  return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name = '']) => name);
}

const operations = await readFile(new URL('../../../../../../docs/operations.md', import.meta.url), 'utf8');

/** A client that is never connected, of an input. */
function open(input: RedisInput): Redis | Cluster {
  const client: Redis | Cluster = createClient(input);
  onTestFinished(() => client.disconnect());
  return client;
}

/** Values that are not what Sluice wants, by the option they are for. */
const unwanted: Readonly<Record<string, unknown>> = {
  retryStrategy: () => null,
  reconnectOnError: () => 2,
  sentinelRetryStrategy: () => null,
  sentinelReconnectStrategy: () => null,
  clusterRetryStrategy: () => null,
  clusterNodeRetryStrategy: () => 1,
  autoResendUnfulfilledCommands: false,
  lazyConnect: true, // one that connects by itself would be seen by nobody
  enableReadyCheck: false,
  replyMapping: 'resp3',
  scaleReads: 'slave',
  maxRetriesPerRequest: null,
  scripts: { info: { lua: 'return 1', numberOfKeys: 0 } },
  himportFieldsets: [],
  preferredSlaves: () => null,
  autoPipeliningIgnoredCommands: ['get'],
  path: '/run/redis.sock',
  sentinels: [{ host: 'a' }],
  keyPrefix: 'mine:',
  role: 'slave',
  db: 3,
  Connector: class {},
  secureContext: {},
  socket: {},
  stringNumbers: true,
  readOnly: true,
  monitor: true,
  enableAutoPipelining: true,
  enableOfflineQueue: true,
  offlineQueue: true,
  commandQueue: true,
  shardedSubscribers: true,
  autoResubscribe: false,
  host: 'elsewhere',
};

/** Values that are taken over. */
const wanted: Readonly<Record<string, unknown>> = {
  host: 'h',
  port: 7,
  path: '/run/redis.sock',
  family: 6,
  db: 3,
  tls: { servername: 'x' },
  sentinels: [{ host: 's', port: 1 }],
  sentinelTLS: { servername: 'y' },
  natMap: { 'a:1': { host: 'b', port: 2 } },
  protocol: 2,
  slotsRefreshTimeout: 500,
  slotsRefreshInterval: 5_000,
  redisOptions: { username: 'u' },
  clientInfoTag: 'tag',
};

const rowsOf = (table: OptionTable, kind: OptionTreatment['kind']): [string, OptionTreatment][] =>
  Object.entries(table).filter(([, row]) => row.kind === kind);
const some = (name: string): unknown =>
  wanted[name] ?? (/^(no|keep|show|update|failover|enable|use|disable)/.test(name) ? true : 'text');
const other = (name: string): unknown => (name in unwanted ? unwanted[name] : 12_345);

/** What a client of ioredis has for an option that nobody gave, or that is undefined. */
const single = (options: object): Redis => open(options as RedisOptions) as Redis;
const nodesOf = (redisOptions: object) => open({ cluster: ['redis://a:1'], options: { redisOptions } }) as Cluster;
const ofCluster = (options: object) => open({ cluster: ['redis://a:1'], options }) as Cluster;

const places: [string, OptionTable, (options: object) => object][] = [
  ['of one Redis', redisTable, (options) => single(options).options],
  [
    'of one Redis, in a client',
    redisTable,
    (options) => single(keep(new Redis({ lazyConnect: true, ...options }))).options,
  ],
  ['of the nodes of a cluster', nodeTable, (redisOptions) => nodesOf(redisOptions).options.redisOptions ?? {}],
  ['of a cluster', clusterTable, (options) => ofCluster(options).options],
  [
    'of a cluster, in a client',
    clusterTable,
    (options) => {
      const given = { lazyConnect: true, redisOptions: {}, ...options };
      return (open(keep(new Cluster(['redis://a:1'], given))) as Cluster).options;
    },
  ],
];

function keep<T extends Redis | Cluster>(client: T): T {
  onTestFinished(() => client.disconnect());
  return client;
}

describe('the options of a client', () => {
  it('are those that ioredis has, each with its row', async () => {
    const [common, standalone, sentinel, commander, cluster] = await Promise.all(
      [
        'redis/RedisOptions',
        'connectors/StandaloneConnector',
        'connectors/SentinelConnector/index',
        'utils/Commander',
        'cluster/ClusterOptions',
      ].map(typesOf),
    );
    const ofAll = namesIn(commander ?? '', 'interface CommanderOptions');
    const known = [
      ...namesIn(common ?? '', 'interface CommonRedisOptions'),
      ...namesIn(sentinel ?? '', 'interface SentinelConnectionOptions'),
    ].concat(['host', 'port', 'family', 'path', 'disconnectTimeout', 'tls']); // of net and of StandaloneConnectionOptions
    expect(standalone).toContain('"port" | "host" | "family"');
    expect(known.length).toBeGreaterThan(40);
    expect(Object.keys(redisTable).toSorted()).toEqual([...new Set([...known, ...ofAll])].toSorted());
    const ofClusters = namesIn(cluster ?? '', 'interface ClusterOptions');
    expect(Object.keys(clusterTable).toSorted()).toEqual([...new Set([...ofClusters, ...ofAll])].toSorted());
  });

  it('have no default that is not known', () => {
    const redis = new Redis({ lazyConnect: true });
    const cluster = new Cluster(['redis://a'], { lazyConnect: true });
    expect(Object.keys(redis.options).filter((name) => !(name in redisTable))).toEqual([]);
    expect(Object.keys(cluster.options).filter((name) => !(name in clusterTable))).toEqual([]);
  });

  it.each(places)('%s are set by Sluice where its table says so', (_, table, optionsOf) => {
    const rows = rowsOf(table, 'ours');
    const given = Object.fromEntries(rows.map(([name]) => [name, other(name)]));
    const options = optionsOf(given);
    const unset = optionsOf({});
    for (const [name, row] of rows) {
      const value: unknown = Reflect.get(options, name);
      const expected: unknown = row.kind === 'ours' ? (row.value ?? Reflect.get(unset, name)) : undefined;
      expect(value, name).toEqual(expected);
      if (name !== 'lazyConnect') expect(value, name).not.toBe(given[name]);
    }
  });

  it.each(places)('%s are taken over where its table says so', (_, table, optionsOf) => {
    const { sentinels: _sentinels, name: _name, ...rows } = Object.fromEntries(rowsOf(table, 'taken'));
    const given = Object.keys(rows).map((name) => ({ [name]: some(name) }));
    expect(given.length).toBeGreaterThan(4);
    for (const options of given) expect(optionsOf(options)).toMatchObject(options);
  });

  it.each(places)('%s are refused by name where its table says so', (_, table, optionsOf) => {
    for (const [name, row] of rowsOf(table, 'refused')) {
      if (row.kind === 'refused' && row.byPoolsOnly) continue;
      // A cluster's client puts the prefix of its nodes in two places.
      expect(() => optionsOf({ [name]: other(name) }), name).toThrow(DefinitionError);
      expect(() => optionsOf({ [name]: other(name) }), name).toThrow(
        new RegExp(`redis\\.[\\w.]*${name} cannot be used`),
      );
    }
  });

  it('of Sentinel lead to its master, and never give up', () => {
    const sentinels = [{ host: 's', port: 1 }];
    const { options } = single({ sentinels, name: 'mymaster', sentinelRetryStrategy: () => null });
    expect(options).toMatchObject({ sentinels, name: 'mymaster', sentinelCommandTimeout: 2_000 });
    expect(options.sentinelRetryStrategy?.(99)).toBe(1_000);
  });

  it('of TLS are taken over, but for a socket, which makes one connection only', () => {
    const tls = { ca: 'x', servername: 'y', checkServerIdentity: () => undefined };
    expect(single({ tls }).options.tls).toEqual(tls);
    expect(() => single({ tls: { socket: {} } })).toThrow('redis.tls.socket cannot be used');
  });

  it('send no client info to Redis, unless they are set to', () => {
    expect(single({}).options.disableClientInfo).toBe(true);
    expect(single(keep(new Redis({ lazyConnect: true }))).options.disableClientInfo).toBe(true);
    expect(nodesOf({}).options.redisOptions?.disableClientInfo).toBe(true);
    expect(open(keep(new Cluster(['redis://a'], { lazyConnect: true }))).options).toMatchObject({
      redisOptions: { disableClientInfo: true },
    });
    expect(single({ disableClientInfo: false }).options.disableClientInfo).toBe(false);
  });

  it.each<[object, string]>([
    [{ hots: 'a' }, 'redis.hots is unknown; did you mean host?'],
    [{ cluster: ['redis://a'], options: { maxRetriesPerRequest: 3 } }, 'redis.options.maxRetriesPerRequest is unknown'],
    [
      { cluster: ['redis://a'], redisOptions: {} },
      'redis.redisOptions is unknown: options of a cluster go into redis.options',
    ],
    [{ db: -1 }, 'redis.db must be a whole number from 0'],
    [{ db: 'x' }, 'redis.db must be a whole number from 0'],
    [
      { cluster: ['redis://a'], options: { slotsRefreshTimeout: 0 } },
      'redis.options.slotsRefreshTimeout must be 100 to 60,000 ms',
    ],
    [{ cluster: ['redis://a'], options: { dnsLookup: 'a' } }, 'redis.options.dnsLookup must be a function'],
    [{ keyPrefix: 'a', hots: 's3cret' }, 'redis.keyPrefix cannot be used'],
  ])('are refused with what is wrong: %j', (input, message) => {
    expect(() => open(input as RedisInput)).toThrow(DefinitionError);
    expect(() => open(input as RedisInput)).toThrow(message);
    expect(() => open(input as RedisInput)).not.toThrow('s3cret');
  });
});

describe('docs/operations.md', () => {
  it.each<[string, OptionTable]>([
    ['redis', redisTable],
    ['cluster', clusterTable],
    [
      'nodes',
      Object.fromEntries(Object.entries(nodeTable).filter(([name, row]) => row !== (redisTable as OptionTable)[name])),
    ],
    ['tls', tlsTable],
  ])('has every option of %s, and how it is treated', (name, table) => {
    const [, rows = ''] =
      new RegExp(`<!-- options-${name}:begin -->\n(.*?)<!-- options-${name}:end -->`, 's').exec(operations) ?? [];
    expect(rows).toBe(renderOptions(table));
  });
});
