import { Queue, Worker } from 'bullmq';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../../job/contracts/job-contract.ts';
import { defineQueue } from '../../../job/contracts/queue-policy.ts';
import {
  connectConsumer,
  connectProducer,
  createBoundedBackend,
  createWorkerPool,
  defineHandler,
} from '../../../index.ts';
import { readInput, type RedisInput } from '../redis-input.ts';

const work = defineJob({ name: 'work', payload: z.int(), result: z.int() });

/** Options that other parts of a program may want, and that would break the engine if they were used. */
const reckless = {
  commandTimeout: 1,
  blockingTimeout: 1,
  socketTimeout: 1,
  stringNumbers: true,
  readOnly: true,
  monitor: true,
  enableAutoPipelining: true,
  enableOfflineQueue: true,
  enableReadyCheck: false,
  lazyConnect: true,
  maxRetriesPerRequest: null,
  retryStrategy: () => null,
  reconnectOnError: () => 2 as const,
  autoResendUnfulfilledCommands: false,
  scripts: { info: { lua: 'return 1', numberOfKeys: 0 }, evalsha: { lua: 'return 1', numberOfKeys: 0 } },
} satisfies RedisOptions;

const recklessCluster = {
  scaleReads: 'all',
  retryDelayOnFailover: 1_000,
  maxRedirections: 1,
  clusterRetryStrategy: () => null,
  enableOfflineQueue: true,
  lazyConnect: true,
} as const;

/** The same server, with those options. */
function withReckless(url: string, asClient: boolean): RedisInput {
  const read = readInput(url) as RedisOptions | { cluster: { host: string; port: number }[] };
  if (!('cluster' in read)) {
    const options = { ...read, ...reckless, replyMapping: 'resp3' as const };
    return asClient ? keep(new Redis(options)) : options;
  }
  const { readOnly: _read, retryStrategy: _retry, enableOfflineQueue: _queue, ...redisOptions } = reckless;
  const options = { ...recklessCluster, redisOptions: { ...redisOptions, replyMapping: 'resp3' as const } };
  return asClient ? keep(new Cluster(read.cluster, options)) : { cluster: read.cluster, options };
}

function keep<T extends Redis | Cluster>(client: T): T {
  onTestFinished(() => client.disconnect());
  return client;
}

describe('with options that would break it', () => {
  for (const [given, asClient] of [
    ['options', false],
    ['a client', true],
  ] as const) {
    redisTest(`everything works: given as ${given}`, async ({ redis, prefix, queueName }) => {
      const queue = defineQueue({ name: queueName, prefix, jobs: [work], capacity: 50 });
      const input = withReckless(redis.url, asClient);
      await using producer = await connectProducer(queue, { redis: input });
      const handlers = { work: defineHandler(work, async ({ payload }) => payload + 1) };
      await using pool = createWorkerPool(queue, handlers, { redis: input, concurrency: 4 });
      await pool.start();
      const payloads = Array.from({ length: 10 }, (_, n) => n);
      const results = payloads.map(async (n) => producer.result(await producer.put(work, n)));
      expect(await Promise.all(results)).toEqual(payloads.map((n) => n + 1));
      await vi.waitFor(() => {
        expect(pool.health()).toMatchObject({ completed: 10, leaseLost: 0, leaseThread: 'up', busy: 0 });
      });
      await pool.stop();
      await using consumer = await connectConsumer(queue, { redis: input });
      await producer.put(work, 5);
      const lease = await consumer.take();
      await lease?.ack(6);
      expect(await producer.stats()).toMatchObject({ depth: 0, completed: 11 });
    });
  }
});

describe('a bounded backend', () => {
  redisTest(
    'waits for jobs without the time limits of the caller’s commands',
    async ({ redis, prefix, queueName, skip }) => {
      skip(redis.isCluster, 'plain options are of one server');
      const limits = { commandTimeout: 200, blockingTimeout: 200 };
      const connection = { ...(readInput(redis.url) as { host: string }), ...limits };
      const factory = createBoundedBackend({ capacity: 5 });
      const ran: string[] = [];
      const faults: Error[] = [];
      const options = { connection: { ...connection, maxRetriesPerRequest: null }, prefix };
      const worker = new Worker(queueName, async ({ name }) => void ran.push(name), options, factory);
      worker.on('error', (error) => faults.push(error));
      const queue = new Queue(queueName, { connection, prefix }, factory);
      try {
        await worker.waitUntilReady();
        const observer = await redis.client();
        // It has waited for longer than the limit.
        const clients = async (): Promise<string> => String(await observer.client('LIST'));
        await vi.waitFor(async () => expect(await clients()).toMatch(/ idle=[2-9].* cmd=bzpopmin/));
        await queue.add('one', {});
        await expect.poll(() => ran).toEqual(['one']);
        expect(faults).toEqual([]);
      } finally {
        await Promise.all([worker.close(), queue.close()]);
      }
    },
  );

  redisTest('refuses a connection that would break the bound', ({ queueName }) => {
    const factory = createBoundedBackend({ capacity: 5 });
    const own = keep(new Redis({ lazyConnect: true, stringNumbers: true, replyMapping: 'resp3' }));
    const cluster = keep(new Cluster(['redis://a'], { lazyConnect: true, scaleReads: 'slave' }));
    for (const [connection, option] of [
      [{ stringNumbers: true }, 'connection.stringNumbers'],
      [{ keyPrefix: 'mine:' }, 'connection.keyPrefix'],
      [{ sentinels: [{}], name: 'a', role: 'slave' as const }, 'connection.role'],
      [own, 'connection.options.stringNumbers'],
      [own, 'connection.options.replyMapping'],
      [cluster, 'connection.options.scaleReads'],
    ] as const) {
      expect(() => new Queue(queueName, { connection }, factory)).toThrow(`${option} cannot be used`);
    }
  });
});
