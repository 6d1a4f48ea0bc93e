import { FlowProducer, type Job, Queue, Worker } from 'bullmq';
import { redisTest, type RedisFixtures } from '@sluice/testing/vitest';
import { describe, expect, type TestAPI } from 'vitest';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { createBoundedBackend } from '../backend/create-bounded-backend.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import { connectProducer } from '../../put/connect-producer.ts';
import { metaFields } from '../keys/meta-fields.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { step, type StepProducer } from './testing/admin-test.ts';

/** Clients of one queue, each with a definition of its own. */
class Builds {
  readonly meta: string;
  readonly #url: string;
  readonly #name: string;
  readonly #end = new AsyncDisposableStack();

  constructor(url: string, name: string) {
    this.#url = url;
    this.#name = name;
    this.meta = `bull:{${name}}:meta`;
  }

  async producer(capacity: number, revision?: number): Promise<StepProducer> {
    return this.#end.use(await connectProducer(this.#definition(capacity, revision), { redis: this.#url }));
  }

  async pool(capacity: number): Promise<void> {
    const handlers = { step: defineHandler(step, async () => null) };
    const pool = createWorkerPool(this.#definition(capacity), handlers, { redis: this.#url, concurrency: 1 });
    this.#end.defer(() => pool.stop());
    await pool.start();
  }

  plain(capacity?: number): Queue {
    const backend = createBoundedBackend(capacity === undefined ? {} : { capacity });
    const queue = new Queue(`{${this.#name}}`, { connection: connectionOf(this.#url) }, backend);
    this.#end.defer(() => queue.close());
    return queue;
  }

  flows(capacity: number): FlowProducer {
    const options = { connection: connectionOf(this.#url) };
    const flows = new FlowProducer(options, createBoundedBackend({ capacity }));
    this.#end.defer(() => flows.close());
    return flows;
  }

  work(processor: (job: Job) => Promise<unknown>): void {
    const worker = new Worker(`{${this.#name}}`, processor, { connection: connectionOf(this.#url) });
    this.#end.defer(() => worker.close());
  }

  close(): Promise<void> {
    return this.#end.disposeAsync();
  }

  #definition(capacity: number, revision?: number) {
    return defineQueue({
      name: this.#name,
      jobs: [step],
      capacity,
      ...(revision === undefined ? {} : { revision }),
    });
  }
}

const test = redisTest.extend<{ builds: Builds }>({
  builds: async ({ redis, queueName }, use) => {
    const builds = new Builds(redis.url, queueName);
    await use(builds);
    await builds.close();
  },
}) as unknown as TestAPI<RedisFixtures & { builds: Builds }>;

async function fill(producer: StepProducer, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await producer.put(step, { n });
}

describe('two definitions of one queue', () => {
  test('enforce the number of the newest, and stats say whose it is', async ({ builds }) => {
    const old = await builds.producer(3);
    const next = await builds.producer(2, 7);
    await fill(old, 2);
    const full = { code: 'SLUICE_QUEUE_FULL', capacity: 2 };
    for (const producer of [old, next]) await expect(producer.tryPut(step, { n: 3 })).rejects.toMatchObject(full);
    const from = { source: 'definition', revision: 7, sinceMs: expect.any(Number) };
    for (const producer of [old, next]) {
      expect(await producer.stats()).toMatchObject({ capacity: 2, capacityFrom: from });
    }
  });

  test('let waiting puts in when the newer one is larger', async ({ builds }) => {
    const old = await builds.producer(1);
    await fill(old, 1);
    const waiting = old.put(step, { n: 2 });
    await expect.poll(() => old.stats()).toMatchObject({ waitingPuts: 1 });
    await builds.producer(2);
    expect(await waiting).toMatchObject({ status: 'created', capacity: 2 });
  });

  test('are the same for a pool, which only takes jobs', async ({ builds }) => {
    const old = await builds.producer(3);
    await builds.pool(9);
    expect(await old.stats()).toMatchObject({ capacity: 9, capacityFrom: { source: 'definition' } });
  });

  test('leave the number that was set at run time, until it is taken away', async ({ builds }) => {
    const old = await builds.producer(3);
    await old.setCapacity(5);
    const next = await builds.producer(8);
    expect(await next.stats()).toMatchObject({ capacity: 5, capacityFrom: { source: 'set', revision: null } });
    await old.setCapacity(null);
    expect(await old.stats()).toMatchObject({ capacity: 8, capacityFrom: { source: 'definition' } });
  });

  test('give the queue back to the old one when it is deployed again and the newer one is gone', async ({ builds }) => {
    await builds.producer(3);
    const next = await builds.producer(8);
    await next.close();
    expect(await (await builds.producer(3)).stats()).toMatchObject({ capacity: 3 });
  });

  test('hold every put to one number with a drop policy, too', async ({ builds }) => {
    const old = await builds.producer(3);
    await builds.producer(2);
    await fill(old, 2);
    const put = await old.put(step, { n: 3 }, { whenFull: 'drop-oldest' });
    expect(put).toMatchObject({ status: 'created', depth: 2, capacity: 2, dropped: expect.any(String) });
  });
});

describe('a plain BullMQ queue of another number', () => {
  test('is held to the newest: adds, retries, schedulers', async ({ builds }) => {
    const old = builds.plain(3);
    builds.work(() => Promise.reject(new Error('no')));
    const failed = await old.add('step', { n: 0 });
    await expect.poll(() => failed.getState()).toBe('failed');
    await builds.producer(1);
    await old.add('step', { n: 1 }, { delay: 60_000 });
    const full = { code: 'SLUICE_QUEUE_FULL', depth: 1, capacity: 1 };
    await expect(old.add('step', { n: 2 })).rejects.toMatchObject(full);
    await expect(failed.retry()).rejects.toMatchObject(full);
    await expect(old.retryJobs()).rejects.toMatchObject(full);
    await expect(old.upsertJobScheduler('each', { every: 60_000 })).rejects.toMatchObject(full);
  });

  test('brings its own when it is the newest', async ({ builds }) => {
    const old = await builds.producer(1);
    const plain = builds.plain(2);
    await plain.addBulk([
      { name: 'step', data: { n: 1 } },
      { name: 'step', data: { n: 2 } },
    ]);
    expect(await old.stats()).toMatchObject({ depth: 2, capacity: 2 });
  });

  test('takes no part without a number: it is counted, and delays no other', async ({ builds }) => {
    const bounded = await builds.producer(1);
    const unbounded = builds.plain();
    await unbounded.add('step', { n: 1 });
    await unbounded.add('step', { n: 2 });
    expect(await bounded.stats()).toMatchObject({ depth: 2, capacity: 1, over: 1 });
    await expect(bounded.tryPut(step, { n: 3 })).rejects.toMatchObject({ capacity: 1 });
  });
});

test('a flow is held to the number of each queue that it goes over', async ({ builds, redis, queueName, skip }) => {
  skip(redis.isCluster, 'a flow over two hash tags is refused on a cluster');
  const other = new Builds(redis.url, `${queueName}-2`);
  try {
    const [parents, children] = [await builds.producer(9), await other.producer(2)];
    const flows = builds.flows(5);
    const child = { queueName: `{${queueName}-2}`, name: 'step', data: { n: 1 } };
    const flow = (count: number) =>
      flows.add({ queueName: `{${queueName}}`, name: 'step', data: { n: 0 }, children: Array(count).fill(child) });
    await expect(flow(3)).rejects.toMatchObject({ code: 'SLUICE_QUEUE_FULL', capacity: 2 });
    await flow(2);
    expect(await parents.stats()).toMatchObject({ depth: 1, capacity: 9 });
    expect(await children.stats()).toMatchObject({ depth: 2, capacity: 2 });
  } finally {
    await other.close();
  }
});

describe('a queue that lost its settings', () => {
  test('is bounded by the number that the next call writes down, and soon by the newest again', async ({
    builds,
    redis,
  }) => {
    const old = await builds.producer(1);
    const next = await builds.producer(2);
    await next.obliterate();
    await fill(old, 1);
    await expect(next.tryPut(step, { n: 2 })).rejects.toMatchObject({ capacity: 1 });
    const client = await redis.client();
    await client.del(builds.meta);
    await fill(await builds.producer(2), 1);
    expect(await old.stats()).toMatchObject({ depth: 2, capacity: 2, capacityFrom: { source: 'definition' } });
  });

  test('goes on with the definition’s number when an earlier version takes the field away', async ({
    builds,
    redis,
  }) => {
    const old = await builds.producer(1);
    await builds.producer(2);
    const client = await redis.client();
    await client.hdel(builds.meta, metaFields.capacity);
    await fill(old, 2);
    expect(await client.hget(builds.meta, metaFields.capacity)).toBe('2');
    await expect(old.tryPut(step, { n: 3 })).rejects.toMatchObject({ capacity: 2 });
  });

  test('takes a field that is no number for none', async ({ builds, redis }) => {
    const producer = await builds.producer(1);
    const client = await redis.client();
    for (const wrong of ['', '0', '-3', 'many', 'nan', 'inf', '1e400']) {
      await client.hset(builds.meta, metaFields.capacity, wrong, metaFields.definitions, wrong);
      expect(await producer.stats()).toMatchObject({ capacity: 1 });
    }
    await fill(producer, 1);
    await expect(producer.tryPut(step, { n: 2 })).rejects.toMatchObject({ capacity: 1 });
  });
});
