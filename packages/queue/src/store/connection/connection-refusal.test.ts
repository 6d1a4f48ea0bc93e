import { Cluster, Redis } from 'ioredis';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { startTestServer, startTlsCluster, type TestServer, type TlsCluster } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { DefinitionError, RedisUnavailableError } from '../../job/errors/index.ts';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { connectConsumer, connectProducer, createWorkerPool, defineHandler } from '../../index.ts';
import type { RedisInput } from './redis-input.ts';

const work = defineJob({ name: 'work', payload: z.int(), result: z.int() });
const queue = defineQueue({ name: 'refusals', jobs: [work], capacity: 3 });
const SECRET = 's3cret/pass';

let single: TestServer;
let tls: TlsCluster;
let web: Server;
beforeAll(async () => {
  web = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await once(web, 'listening');
  [single, tls] = await Promise.all([startTestServer({ persistent: false }), startTlsCluster()]);
});
afterAll(async () => {
  web.close();
  await Promise.all([single.stop(), tls[Symbol.asyncDispose]()]);
});

const socketOf = (): string => single.url.slice('unix://'.length);
const webPort = (): number => (web.address() as AddressInfo).port;
const keep = <T extends Redis | Cluster>(client: T): T => {
  onTestFinished(() => client.disconnect());
  return client;
};

/** The error of a connect. With a timeout of a minute: an error within the time of a test comes at once. */
const connectors: [string, (redis: RedisInput, unavailableMs: number) => Promise<unknown>][] = [
  ['a producer', (redis, unavailableMs) => connectProducer(queue, { redis, unavailableMs })],
  ['a consumer', (redis, unavailableMs) => connectConsumer(queue, { redis, unavailableMs })],
  [
    'a pool',
    async (redis, unavailableMs) => {
      const handlers = { work: defineHandler(work, ({ payload }) => payload) };
      await createWorkerPool(queue, handlers, { redis, concurrency: 1, unavailableMs }).start();
    },
  ],
];

async function refusalOf(
  redis: RedisInput,
  [, open] = connectors[0] ?? expect.unreachable(),
  ms = 60_000,
): Promise<Error> {
  const error: unknown = await open(redis, ms).then(
    () => expect.unreachable('it connected'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  const shown = inspect(error, { depth: 10, showHidden: true });
  for (const secret of [SECRET, encodeURIComponent(SECRET)]) expect(shown).not.toContain(secret);
  return error as Error;
}

const password = encodeURIComponent(SECRET);

describe('a connection that cannot be opened, however long it is tried', () => {
  const refusals: [string, () => RedisInput, RegExp][] = [
    ['a wrong password', () => `unix://ann:${password}@${socketOf()}`, /WRONGPASS/],
    [
      'a wrong password of a client',
      () => keep(new Redis({ path: socketOf(), username: 'ann', password: SECRET, lazyConnect: true })),
      /WRONGPASS/,
    ],
    ['a database that is not there', () => `unix://${socketOf()}?db=99`, /DB index is out of range/],
    [
      'a database of a client that is not there',
      () => keep(new Redis({ path: socketOf(), db: 99, lazyConnect: true })),
      /DB index/,
    ],
    [
      'a wrong password of a cluster',
      () => ({ cluster: [`redis://ann:${password}@127.0.0.1:${tls.plainPort}`] }),
      /WRONGPASS/,
    ],
    [
      'a wrong password of a cluster’s client',
      () => {
        const redisOptions = { username: 'ann', password: SECRET };
        return keep(new Cluster([{ host: '127.0.0.1', port: tls.plainPort }], { redisOptions, lazyConnect: true }));
      },
      /WRONGPASS/,
    ],
    [
      'TLS to a port that does not speak it',
      () => `rediss://:${password}@127.0.0.1:${tls.plainPort}`,
      /no TLS is spoken there/,
    ],
    ['the same of a cluster', () => ({ cluster: [`rediss://127.0.0.1:${tls.plainPort}`] }), /no TLS is spoken there/],
    [
      'a certificate that nobody trusts',
      () => `rediss://:${password}@localhost:${tls.port}`,
      /certificate is not trusted/,
    ],
    ['a server that is no Redis', () => `redis://:${password}@127.0.0.1:${webPort()}`, /no Redis/],
  ];

  it.each(refusals)('rejects at once, and says what Redis said: %s', async (_, redis, reason) => {
    const error = await refusalOf(redis());
    expect(error).toBeInstanceOf(RedisUnavailableError);
    expect(error.message).toMatch(/^Redis at .* cannot be connected to: /);
    expect(error.message).toMatch(reason);
  });

  it.each(connectors)('rejects at once through %s', async (...connector) => {
    expect((await refusalOf(`unix://ann:${password}@${socketOf()}`, connector)).message).toMatch(/WRONGPASS/);
    expect((await refusalOf(`unix://${socketOf()}?db=99`, connector)).message).toMatch(/DB index is out of range/);
  });

  it('of a database uses no other one', async () => {
    const before = await single.client();
    onTestFinished(() => before.disconnect());
    await refusalOf(`unix://${socketOf()}?db=99`);
    expect(await before.dbsize()).toBe(0);
    await using producer = await connectProducer(queue, { redis: `unix://${socketOf()}?db=3` });
    await producer.put(work, 1);
    expect(await before.dbsize()).toBe(0);
    await before.select(3);
    expect(await before.dbsize()).toBeGreaterThan(0);
    await producer.obliterate();
  });
});

describe('a connection that might be opened later', () => {
  it.each<[string, () => RedisInput, RegExp]>([
    ['nobody listens', () => `redis://:${password}@127.0.0.1:1`, /does not answer: .*ECONNREFUSED/],
    ['TLS is spoken there', () => `redis://:${password}@127.0.0.1:${tls.port}`, /does not answer: .*does it want TLS/],
    [
      'nobody listens at any node',
      () => ({ cluster: [`redis://:${password}@127.0.0.1:1`] }),
      /does not answer: .*ECONNREFUSED/,
    ],
  ])('is tried for as long as it may be, and the error says why: %s', async (_, redis, reason) => {
    expect((await refusalOf(redis(), undefined, 300)).message).toMatch(reason);
  });
});

describe('what is no address', () => {
  const notOne: [string, unknown, RegExp][] = [
    ['an unset variable', undefined, /REDIS_URL not set/],
    ['null', null, /REDIS_URL not set/],
    ['an empty one', ' ', /REDIS_URL not set/],
    ['a number', 6_379, /not number/],
    ['another scheme', `http://:${password}@127.0.0.1`, /must be a URL that starts with redis/],
    ['a raw password', `redis://ann:${SECRET}@127.0.0.1`, /percent-encoded/],
    ['a database that is none', 'redis://127.0.0.1/abc', /whole number from 0/],
    ['a negative one', 'redis://127.0.0.1/-1', /whole number from 0/],
    ['a node with a raw password', { cluster: [`redis://:${SECRET}@127.0.0.1`] }, /percent-encoded/],
    ['a node with a database', { cluster: ['redis://127.0.0.1/3'] }, /a node of a cluster/],
    ['no nodes', { cluster: 'redis://127.0.0.1' }, /cluster must be a list/],
    ['a node that is none', { cluster: [undefined] }, /a node of a cluster/],
    ['a client of another library', { duplicate: () => undefined }, /one ioredis only/],
  ];

  it.each(notOne)('is refused with a clear message by every connector: %s', async (_, redis, reason) => {
    for (const connector of connectors) {
      const error = await refusalOf(redis as RedisInput, connector);
      expect(error).toBeInstanceOf(DefinitionError);
      expect(error.message).toMatch(reason);
    }
  });
});
