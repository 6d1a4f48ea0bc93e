import { FlowProducer, Queue, QueueKeys, Worker } from 'bullmq';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { JobIdInvalidError, QueueFullError } from '../../job/errors/index.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { createBoundedBackend } from './create-bounded-backend.ts';

interface Kit {
  /** A plain BullMQ queue on the bounded backend. */
  queue: Queue;
  /** Runs every waiting job once, with the given processor, and stops. */
  work(processor: () => Promise<unknown>): Promise<void>;
  depth(): Promise<number>;
}

const CAPACITY = 3;
const test = redisTest.extend<{ kit: Kit }>({
  kit: async ({ redis, queueName, prefix }, use) => {
    const shared = { connection: connectionOf(redis.url), prefix: `{${prefix}}` };
    const queue = new Queue(queueName, shared, createBoundedBackend({ capacity: CAPACITY }));
    await queue.waitUntilReady();
    await use({
      queue,
      depth: async () => queue.getJobCountByTypes('wait', 'active', 'delayed', 'prioritized', 'waiting-children'),
      work: async (processor) => {
        const worker = new Worker(queueName, processor, shared);
        await new Promise<void>((resolve) => worker.once('drained', () => resolve()));
        await worker.close();
      },
    });
    await queue.close();
  },
});

async function fill(queue: Queue): Promise<void> {
  await queue.addBulk(
    Array.from({ length: CAPACITY }, (_, n) => ({ name: 'filler', data: { n }, opts: { jobId: `f${n}` } })),
  );
}

describe('a plain BullMQ queue on the bounded backend (B1)', () => {
  test('takes jobs up to its capacity, whatever their kind', async ({ kit: { queue, depth } }) => {
    await queue.add('standard', {});
    await queue.add('delayed', {}, { delay: 60_000 });
    await queue.add('prioritized', {}, { priority: 3 });
    expect(await depth()).toBe(3);
    for (const opts of [{}, { lifo: true }, { delay: 60_000 }, { priority: 3 }, { jobId: 'own' }]) {
      await expect(queue.add('late', {}, opts)).rejects.toThrow(QueueFullError);
    }
    expect(await depth()).toBe(3);
  });

  test('refuses with what a caller needs to know', async ({ kit: { queue } }) => {
    await fill(queue);
    await expect(queue.add('late', {})).rejects.toMatchObject({
      code: 'SLUICE_QUEUE_FULL',
      depth: 3,
      capacity: 3,
      reason: 'capacity',
    });
  });

  test('admits a bulk whole or not at all, and never resolves with a code (A3)', async ({ kit: { queue, depth } }) => {
    await queue.add('first', {});
    const bulk = [1, 2, 3].map((n) => ({ name: 'bulk', data: { n } }));
    await expect(queue.addBulk(bulk)).rejects.toThrow(QueueFullError);
    expect(await depth()).toBe(1);
    expect(await queue.addBulk(bulk.slice(1))).toHaveLength(2);
    expect(await depth()).toBe(3);
  });

  test('adds nothing of a bulk when the parent of one is not there', async ({ kit: { queue, depth } }) => {
    const orphan = { name: 'b', data: {}, opts: { parent: { id: 'nobody', queue: queue.qualifiedName } } };
    const bulk = [{ name: 'a', data: {} }, orphan, { name: 'c', data: {} }];
    await expect(queue.addBulk(bulk)).rejects.toThrow('nobody');
    expect(await depth()).toBe(0);
  });

  test('says at once that a bulk can never fit', async ({ kit: { queue } }) => {
    const bulk = [1, 2, 3, 4].map((n) => ({ name: 'bulk', data: { n } }));
    await expect(queue.addBulk(bulk)).rejects.toMatchObject({ reason: 'never-fits' });
  });

  test('says so of what the bulk needs, not of its length', async ({ kit: { queue } }) => {
    await fill(queue);
    const known = [1, 2].map((n) => ({ name: 'filler', data: {}, opts: { jobId: `f${n}` } }));
    const twice = [1, 2].map(() => ({ name: 'twin', data: {}, opts: { jobId: 'twin' } }));
    const joined = [1, 2].map((n) => ({ name: 'joined', data: { n }, opts: { deduplication: { id: 'one' } } }));
    const bulk = [...known, ...twice, ...joined];
    const fits = { code: 'SLUICE_QUEUE_FULL', reason: 'capacity', queue: queue.name, depth: 3, capacity: 3 };
    await expect(queue.addBulk(bulk)).rejects.toMatchObject(fits);
    const more = [3, 4].map((n) => ({ name: 'more', data: { n } }));
    await expect(queue.addBulk([...bulk, ...more])).rejects.toMatchObject({ ...fits, reason: 'never-fits' });
  });

  test('answers an id that is there already as BullMQ does, also when full', async ({ kit: { queue, depth } }) => {
    await fill(queue);
    expect(await queue.add('again', {}, { jobId: 'f1' })).toMatchObject({ id: 'f1' });
    expect(await depth()).toBe(3);
  });

  test('joins a deduplicated job to the one that is there, also when full', async ({ kit: { queue, depth } }) => {
    const winner = await queue.add('first', {}, { deduplication: { id: 'same' } });
    await queue.addBulk([
      { name: 'x', data: {} },
      { name: 'y', data: {} },
    ]);
    const second = await queue.add('second', {}, { deduplication: { id: 'same' } });
    expect(second.id).toBe(winner.id);
    await expect(queue.add('third', {}, { deduplication: { id: 'another' } })).rejects.toThrow(QueueFullError);
    expect(await depth()).toBe(3);
  });

  test('replaces a delayed job by deduplication without needing capacity', async ({ kit: { queue, depth } }) => {
    const opts = { delay: 60_000, deduplication: { id: 'same', replace: true } };
    await queue.add('old', { n: 1 }, opts);
    await queue.addBulk([
      { name: 'x', data: {} },
      { name: 'y', data: {} },
    ]);
    await queue.add('new', { n: 2 }, opts);
    const [delayed] = await queue.getDelayed();
    expect(delayed?.data).toEqual({ n: 2 });
    expect(await depth()).toBe(3);
  });

  test('takes back a job that is retried only when there is free capacity', async ({ kit: { queue, work, depth } }) => {
    await queue.add('fails', {}, { jobId: 'failing' });
    await work(() => Promise.reject(new Error('no')));
    const failed = await queue.getJob('failing');
    await fill(queue);
    await expect(failed?.retry()).rejects.toThrow(QueueFullError);
    expect(await failed?.isFailed()).toBe(true);
    await queue.remove('f0');
    await failed?.retry();
    expect(await depth()).toBe(3);
  });

  test('retries as many jobs as there is free capacity for, and throws instead of looping at none', async ({ kit }) => {
    const { queue, work, depth } = kit;
    await fill(queue);
    await work(() => Promise.reject(new Error('no')));
    expect(await queue.getFailedCount()).toBe(3);
    await queue.addBulk([
      { name: 'x', data: {} },
      { name: 'y', data: {} },
    ]);
    await expect(queue.retryJobs()).rejects.toThrow(QueueFullError);
    expect(await depth()).toBe(3);
    expect(await queue.getFailedCount()).toBe(2);
  });

  test('promotes delayed jobs when full: that changes no count', async ({ kit: { queue, depth } }) => {
    await queue.addBulk([1, 2, 3].map((n) => ({ name: 'later', data: { n }, opts: { delay: 60_000 } })));
    await queue.promoteJobs();
    expect(await queue.getWaitingCount()).toBe(3);
    expect(await depth()).toBe(3);
  });

  test('refuses a new job scheduler when full, and updates one that has its iteration', async ({ kit }) => {
    const { queue, depth } = kit;
    await queue.upsertJobScheduler('tick', { every: 60_000 }, { data: { n: 1 } });
    await queue.addBulk([
      { name: 'x', data: {} },
      { name: 'y', data: {} },
    ]);
    await expect(queue.upsertJobScheduler('tock', { every: 60_000 })).rejects.toThrow(QueueFullError);
    await queue.upsertJobScheduler('tick', { every: 60_000 }, { data: { n: 2 } });
    expect(await depth()).toBe(3);
  });

  test('refuses ids that name one of its own keys (A5)', async ({ kit: { queue, depth } }) => {
    const names = Object.keys(new QueueKeys('bull').getKeys('x')).filter((name) => name !== '');
    for (const jobId of [...names, 'sluice']) {
      await expect(queue.add('bad', {}, { jobId }), jobId).rejects.toThrow(JobIdInvalidError);
      await expect(queue.addBulk([{ name: 'bad', data: {}, opts: { jobId } }]), jobId).rejects.toThrow(
        JobIdInvalidError,
      );
    }
    expect(await depth()).toBe(0);
    expect(await queue.add('good', {})).toMatchObject({ id: '1' });
  });

  test('lets a job that backs off return when full', async ({ kit: { queue, work, depth } }) => {
    await queue.add('retries', {}, { jobId: 'backing-off', attempts: 2, backoff: { type: 'fixed', delay: 60_000 } });
    await work(() => Promise.reject(new Error('no')));
    expect(await queue.getDelayedCount()).toBe(1);
    await queue.addBulk([
      { name: 'x', data: {} },
      { name: 'y', data: {} },
    ]);
    await expect(queue.add('late', {})).rejects.toThrow(QueueFullError);
    await (await queue.getJob('backing-off'))?.promote();
    expect(await queue.getWaitingCount()).toBe(3);
    expect(await depth()).toBe(3);
  });

  test('is plain BullMQ without a capacity', async ({ redis, queueName, prefix }) => {
    const options = { connection: connectionOf(redis.url), prefix: `{${prefix}}` };
    const queue = new Queue(queueName, options, createBoundedBackend());
    await queue.addBulk(Array.from({ length: 50 }, (_, n) => ({ name: 'x', data: { n } })));
    expect(await queue.getWaitingCount()).toBe(50);
    await queue.close();
  });
});

describe('a flow on the bounded backend', () => {
  const flowTest = test.extend<{ flows: FlowProducer }>({
    flows: async ({ redis, prefix }, use) => {
      const options = { connection: connectionOf(redis.url), prefix: `{${prefix}}` };
      const flows = new FlowProducer(options, createBoundedBackend({ capacity: CAPACITY }));
      await use(flows);
      await flows.close();
    },
  });
  const children = (queueName: string, count: number) =>
    Array.from({ length: count }, (_, n) => ({ name: 'child', queueName, data: { n } }));

  flowTest('is admitted whole when all of it fits', async ({ flows, kit: { depth }, queueName }) => {
    const flow = await flows.add({ name: 'parent', queueName, children: children(queueName, 2) });
    expect(flow.children).toHaveLength(2);
    expect(await depth()).toBe(3);
  });

  flowTest(
    'adds nothing at all when one job of it does not fit',
    async ({ flows, kit: { queue, depth }, queueName }) => {
      await queue.add('first', {});
      const flow = { name: 'parent', queueName, children: children(queueName, 2) };
      await expect(flows.add(flow)).rejects.toThrow(QueueFullError);
      await expect(flows.addBulk([flow])).rejects.toThrow(QueueFullError);
      expect(await depth()).toBe(1);
    },
  );

  flowTest('is told that the queue is full, not that its own parent is missing', async ({ flows, kit, queueName }) => {
    await fill(kit.queue);
    const flow = { name: 'parent', queueName, children: children(queueName, 2) };
    await expect(flows.add(flow)).rejects.toMatchObject({ code: 'SLUICE_QUEUE_FULL', depth: 3, capacity: 3 });
    expect(await kit.depth()).toBe(3);
  });

  flowTest('counts each of its queues by itself', async ({ flows, kit: { queue }, queueName }) => {
    await fill(queue);
    const elsewhere = `${queueName}-2`;
    await flows.add({ name: 'parent', queueName: elsewhere, children: children(elsewhere, 2) });
    const mixed = { name: 'parent', queueName: `${queueName}-3`, children: children(queueName, 1) };
    await expect(flows.add(mixed)).rejects.toMatchObject({ depth: 3, capacity: 3 });
  });

  flowTest('never fits only when one of its queues could not hold its part', async ({ flows, kit, queueName }) => {
    await kit.queue.add('first', {});
    const elsewhere = `${queueName}-2`;
    const over = (here: number, there: number) => ({
      name: 'parent',
      queueName,
      children: [...children(queueName, here - 1), ...children(elsewhere, there)],
    });
    const refused = { code: 'SLUICE_QUEUE_FULL', queue: queueName, depth: 1, capacity: 3 };
    await expect(flows.add(over(3, 2))).rejects.toMatchObject({ ...refused, reason: 'capacity' });
    const never = { ...refused, queue: elsewhere, depth: 0, reason: 'never-fits' };
    await expect(flows.add(over(3, 4))).rejects.toMatchObject(never);
    await kit.queue.drain();
    expect((await flows.add(over(3, 2))).children).toHaveLength(4);
  });

  flowTest('names the queue that is sealed', async ({ flows, redis, prefix, queueName }) => {
    const client = await redis.client();
    await client.hset(`{${prefix}}:${queueName}-2:meta`, 'sluice.sealed', '1');
    const flow = { name: 'parent', queueName, children: children(`${queueName}-2`, 1) };
    await expect(flows.add(flow)).rejects.toMatchObject({ code: 'SLUICE_QUEUE_CLOSED', queue: `${queueName}-2` });
  });

  flowTest('runs its children and then its parent', async ({ flows, kit: { queue, work }, queueName }) => {
    const { job } = await flows.add({ name: 'parent', queueName, children: children(queueName, 2) });
    await work(async () => 'done');
    await expect.poll(() => queue.getCompletedCount()).toBe(3);
    expect(await queue.getJob(job.id ?? '').then((parent) => parent?.returnvalue)).toBe('done');
  });
});
