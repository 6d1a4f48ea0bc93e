import { getEventListeners } from 'node:events';
import { FlowProducer, Queue, Worker } from 'bullmq';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue, type QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { PermanentJobError, QueueFullError } from '../../job/errors/index.ts';
import { connectAdmin } from '../../admin/connect-admin.ts';
import { connectConsumer } from '../../consumer/connect-consumer.ts';
import type { ChildOutcome } from '../../job/handler/child-outcome.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import { createBoundedBackend } from '../../store/backend/create-bounded-backend.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { connectProducer } from '../connect-producer.ts';
import type { Producer } from '../producer.ts';
import { type DeadChildPolicy, flow } from './flow-node.ts';

const page = defineJob({ name: 'page', payload: z.int(), result: z.string(), retry: { attempts: 1 } });
const size = defineJob({ name: 'size', payload: z.int(), result: z.int(), retry: { attempts: 1 } });
const report = defineJob({ name: 'report', payload: z.string(), result: z.json(), retry: { attempts: 1 } });
const reportsOf = (name: string, prefix: string, capacity = 6) =>
  defineQueue({ name, prefix, jobs: [report, page, size], capacity });

/** The page that is rendered until it is cancelled. */
const endless = 1_000;

interface Fixtures {
  reports: ReturnType<typeof reportsOf>;
  pages: QueueDefinition<readonly [typeof page, typeof size]>;
  producer: Producer<ReturnType<typeof reportsOf>>;
  /** Runs all that is there and comes: pages below 0 die. What a report sees of its children is its result. */
  work: () => Promise<AsyncDisposable>;
}

const test = redisTest.extend<Fixtures>({
  reports: async ({ prefix, queueName }, use) => use(reportsOf(queueName, prefix)),
  pages: async ({ prefix, queueName }, use) =>
    use(defineQueue({ name: `${queueName}-pages`, prefix: prefix, jobs: [page, size], capacity: 3 })),
  producer: async ({ redis, reports, pages }, use) => {
    await using producer = await connectProducer(reports, { redis: redis.url });
    await using _pages = await connectProducer(pages, { redis: redis.url });
    await use(producer);
  },
  work: async ({ redis, reports, pages }, use) => {
    const render = defineHandler(page, async ({ payload, signal }) => {
      if (payload === endless) await new Promise((_, reject) => (signal.onabort = () => reject(signal.reason)));
      if (payload < 0) throw new PermanentJobError(`no page ${payload}`);
      return `page ${payload}`;
    });
    const measure = defineHandler(size, ({ payload }) => payload * 2);
    const write = defineHandler(report, async ({ children }) => {
      const seen: readonly [ChildOutcome<typeof page>[], ChildOutcome<typeof size>[]] = [
        await children(page),
        await children(size),
      ];
      return seen as unknown as z.core.util.JSONType;
    });
    await use(async () => {
      const stack = new AsyncDisposableStack();
      const options = { redis: redis.url, concurrency: 2 };
      for (const pool of [
        createWorkerPool(reports, { report: write, page: render, size: measure }, options),
        createWorkerPool(pages, { page: render, size: measure }, options),
      ]) {
        stack.use(pool);
        await pool.start();
      }
      return stack;
    });
  },
});

describe('a flow', () => {
  test('runs the children first, and gives their results to the parent, typed and in order', async ({
    producer,
    reports,
    pages,
    redis,
    work,
  }) => {
    const queue = redis.isCluster ? reports : pages;
    const children = [
      flow(page, 1),
      flow(size, 21, { queue }),
      flow(page, 2, { id: 'two', queue }),
      flow(page, 3, { children: [flow(page, 4)] }),
    ];
    const receipt = await producer.putFlow(flow(report, 'r', { id: 'july', children }));
    expect(receipt).toMatchObject({
      id: 'july',
      job: 'report',
      status: 'created',
      waitedMs: 0,
      queue: producer.queue.name,
    });
    expect(receipt.children.map(({ id, queue }) => [id, queue])).toEqual([
      ['july.0', producer.queue.name],
      ['july.1', queue.name],
      ['two', queue.name],
      ['july.3', producer.queue.name],
    ]);
    expect(receipt.children[3]?.children).toMatchObject([{ id: 'july.3.0' }]);
    expect((await producer.find('july'))?.state).toBe('waiting-children');
    await using _pools = await work();
    expect(await producer.result(receipt)).toEqual([
      [
        { id: 'july.0', outcome: 'completed', result: 'page 1' },
        { id: 'two', outcome: 'completed', result: 'page 2' },
        { id: 'july.3', outcome: 'completed', result: 'page 3' },
      ],
      [{ id: 'july.1', outcome: 'completed', result: 42 }],
    ]);
  });

  test('treats a dead child as was asked for', async ({ producer, work }) => {
    const put = (whenDead: DeadChildPolicy) =>
      producer.putFlow(flow(report, whenDead, { id: whenDead, children: [flow(page, -1, { whenDead })] }));
    for (const policy of ['fail-parent', 'ignore'] as const) await put(policy);
    await using _pools = await work();
    const dead = { id: 'ignore.0', outcome: 'dead', reason: 'no page -1' };
    expect(await producer.result('ignore')).toEqual([[dead], []]);
    expect(await producer.outcome('fail-parent')).toMatchObject({
      outcome: 'dead',
      error: { message: /child .* failed/ },
    });
    await put('run-parent');
    expect(await producer.result('run-parent')).toEqual([[{ ...dead, id: 'run-parent.0' }], []]);
    await put('forget');
    expect(await producer.result('forget')).toEqual([[{ id: 'forget.0', outcome: 'gone' }], []]);
    const waits = await put('wait');
    await producer.outcome(waits.children[0]?.id ?? '');
    expect((await producer.find('wait'))?.state).toBe('waiting-children');
  });

  test('is cancelled by its jobs: a parent that waits stays, and a child that waited is gone', async ({
    producer,
    work,
  }) => {
    const put = () => {
      const children = [flow(page, 1, { whenDead: 'fail-parent' }), flow(page, 2, { whenDead: 'wait' })];
      return producer.putFlow(flow(report, 'r', { id: 'july', children }));
    };
    await put();
    expect(await producer.cancel('july')).toBe('refused');
    expect(await producer.cancel('july.0')).toBe('removed');
    expect(await producer.find('july')).toMatchObject({ state: 'waiting-children' });
    expect(await put()).toMatchObject({ status: 'duplicate' });
    expect(await producer.find('july.0')).toBeNull();
    expect(await producer.cancel('july.1')).toBe('removed');
    expect(await producer.find('july')).toMatchObject({ state: 'waiting' });
    expect(await producer.stats()).toMatchObject({ depth: 1 });
    await using _pools = await work();
    const gone = ['july.0', 'july.1'].map((id) => ({ id, outcome: 'gone' }));
    expect(await producer.result('july')).toEqual([gone, []]);
  });

  test('treats a child that is cancelled while it runs as a dead one', async ({ producer, work, redis, reports }) => {
    await using _pools = await work();
    const put = (whenDead: DeadChildPolicy) =>
      producer.putFlow(flow(report, 'r', { id: whenDead, children: [flow(page, endless, { whenDead })] }));
    for (const policy of ['ignore', 'wait'] as const) await put(policy);
    for (const id of ['ignore.0', 'wait.0']) {
      await expect.poll(() => producer.find(id)).toMatchObject({ state: 'active' });
      expect(await producer.cancel(id)).toBe('aborted');
    }
    const dead = { id: 'ignore.0', outcome: 'dead', reason: expect.stringContaining('cancelled') };
    expect(await producer.result('ignore')).toEqual([[dead], []]);
    expect(await producer.find('wait')).toMatchObject({ state: 'waiting-children' });
    await using admin = await connectAdmin(reports, { redis: redis.url });
    expect(await admin.deadLetters.purge(['wait.0'])).toMatchObject({ results: { purged: 1 } });
    expect(await producer.result('wait')).toEqual([[{ id: 'wait.0', outcome: 'gone' }], []]);
  });

  test('gives the leases of a consumer what it gives to handlers', async ({ producer, redis, reports }) => {
    await producer.putFlow(flow(report, 'r', { id: 'july', children: [flow(page, 1), flow(size, 21)] }));
    await using consumer = await connectConsumer(reports, { redis: redis.url });
    for (let left = 2; left > 0; left -= 1) {
      const lease = await consumer.take({ waitMs: 10_000 });
      if (lease?.job === 'page') await lease.ack('page 1');
      else if (lease?.job === 'size') await lease.ack(42);
      else expect.unreachable();
    }
    const parent = await consumer.take({ waitMs: 10_000 });
    if (parent?.job !== 'report') return expect.unreachable();
    const [first] = await parent.children(page);
    expect(first).toEqual({ id: 'july.0', outcome: 'completed', result: 'page 1' });
    await parent.ack((await parent.children(size)) as unknown as z.core.util.JSONType);
    expect(await producer.result('july')).toEqual([{ id: 'july.1', outcome: 'completed', result: 42 }]);
  });

  test('is of one queue on a cluster', async ({ producer, pages, redis, skip }) => {
    skip(!redis.isCluster, 'one server has all queues');
    const over = flow(report, 'r', { children: [flow(page, 1, { queue: pages })] });
    await expect(producer.putFlow(over)).rejects.toThrow('on a Redis Cluster all jobs of a flow must be in one queue');
  });

  test('is added whole or not at all', async ({ producer, pages, redis, skip }) => {
    skip(redis.isCluster, 'has flows over two queues');
    await producer.put(page, 0, { id: 'taken.1' });
    const three = [flow(page, 1, { queue: pages }), flow(page, 2, { queue: pages }), flow(page, 3, { queue: pages })];
    const tooMany = flow(report, 'r', { children: [...three, flow(page, 4, { queue: pages })] });
    await expect(producer.putFlow(tooMany)).rejects.toMatchObject({ reason: 'never-fits', queue: pages.name });
    await producer.putFlow(flow(report, 'r', { children: three }));
    const full = flow(report, 'r', { children: [flow(page, 4), flow(page, 5, { queue: pages })] });
    await expect(producer.putFlow(full, { waitMs: 20 })).rejects.toMatchObject({
      reason: 'capacity',
      queue: pages.name,
    });
    const taken = flow(report, 'r', { id: 'taken', children: [flow(page, 1), flow(page, 2)] });
    await expect(producer.putFlow(taken)).rejects.toMatchObject({
      message: expect.stringContaining('taken.1'),
    });
    expect(await producer.stats()).toMatchObject({ depth: 2 });
    expect(await producer.find('taken')).toBeNull();
    const invalid = flow(report, 'r', { children: [flow(page, 1.5)] });
    await expect(producer.putFlow(invalid)).rejects.toMatchObject({ code: 'SLUICE_PAYLOAD_INVALID' });
    await expect(producer.putFlow({ ...full })).rejects.toThrow('must be one that flow() made');
    expect(() => flow(page, 1, { whenDead: 'never' as 'wait' })).toThrow('whenDead must be one of wait, fail-parent');
  });

  test('is known by its id as a whole', async ({ producer }) => {
    const of = (...numbers: number[]) =>
      flow(report, 'r', { id: 'july', children: numbers.map((number) => flow(page, number)) });
    await producer.putFlow(of(1, 2));
    const again = await producer.putFlow(of(1, 2));
    expect(again).toMatchObject({ status: 'duplicate', id: 'july', children: [{ id: 'july.0' }, { id: 'july.1' }] });
    await expect(producer.putFlow(of(1, 3))).rejects.toMatchObject({ code: 'SLUICE_PUT_CONFLICT' });
    await expect(producer.putFlow(of(1, 2, 3))).rejects.toMatchObject({ code: 'SLUICE_PUT_CONFLICT' });
    expect(await producer.stats()).toMatchObject({ depth: 3, waitingChildren: 1 });
  });

  test('waits in its turn for capacity for all of its jobs, and is called off', async ({
    producer,
    redis,
    reports,
  }) => {
    for (const n of [1, 2, 3, 4, 5]) await producer.put(page, n);
    const three = flow(report, 'r', { children: [flow(page, 6), flow(page, 7)] });
    const waiting = producer.putFlow(three);
    const off = new AbortController();
    const calledOff = producer.putFlow(three, { signal: off.signal });
    const refused = (): Promise<unknown> =>
      producer.tryPut(page, 7).then(
        () => 'put',
        ({ reason }) => reason as unknown,
      );
    await expect.poll(refused).toBe('capacity'); // the flow stands before it, though one would fit
    off.abort(new Error('enough'));
    await expect(calledOff).rejects.toThrow('enough');
    const name = `{${reports.name}}`;
    const options = { connection: connectionOf(redis.url), prefix: reports.prefix, autorun: false, drainDelay: 0.1 };
    const worker = new Worker(name, null, options, createBoundedBackend({ capacity: 6 }));
    for (let n = 0; n < 2; n += 1) await (await worker.getNextJob('t'))?.moveToCompleted('page', 't', false);
    expect(await waiting).toMatchObject({ status: 'created', depth: 6, waitedMs: expect.any(Number) });
    await worker.close();
  });

  test('leaves nothing on the signal with which it waited', async ({ producer }) => {
    for (const n of [1, 2, 3, 4, 5, 6]) await producer.put(page, n);
    const { signal } = new AbortController();
    await expect(producer.putFlow(flow(page, 7), { signal, waitMs: 60 })).rejects.toThrow(QueueFullError);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('is what BullMQ makes of one', async ({ producer, redis, reports }) => {
    await producer.putFlow(flow(report, 'r', { id: 'ours', children: [flow(page, 1, { whenDead: 'ignore' })] }));
    const options = { connection: connectionOf(redis.url), prefix: reports.prefix };
    const [name, flows] = [`{${reports.name}}`, new FlowProducer(options)];
    const child = {
      name: 'page',
      queueName: name,
      data: 1,
      opts: { jobId: 'k.theirs.0', ignoreDependencyOnFailure: true },
    };
    await flows.add({ name: 'report', queueName: name, data: 'r', opts: { jobId: 'k.theirs' }, children: [child] });
    const tree = await flows.getFlow({ queueName: name, id: 'k.ours', prefix: reports.prefix });
    expect(tree.children?.map(({ job }) => job.id)).toEqual(['k.ours.0']);
    const client = await redis.client();
    const queue = new Queue(name, options);
    const shape = async (id: string): Promise<unknown> => {
      const { opts, timestamp: _, ...fields } = await client.hgetall(queue.toKey(id));
      const { parent, attempts, idof } = JSON.parse(opts ?? '{}');
      return JSON.parse(JSON.stringify({ ...fields, own: { parent, attempts, idof } }).replaceAll('theirs', 'ours'));
    };
    expect(await shape('k.ours.0')).toEqual(
      await shape('k.theirs.0').then((theirs) => ({
        ...(theirs as object),
        own: { ...(theirs as { own: object }).own, attempts: 1 },
      })),
    );
    await Promise.all([queue.close(), flows.close()]);
  });
});
