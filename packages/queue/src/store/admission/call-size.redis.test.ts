import { FlowProducer, Queue } from 'bullmq';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect, vi } from 'vitest';
import { CallTooLargeError } from '../../job/errors/index.ts';
import { producerDefaults } from '../../job/defaults.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { createBoundedBackend } from '../backend/create-bounded-backend.ts';

const { callMaxJobs, callMaxBytes } = producerDefaults;
const many = (count: number, data: unknown = null) => Array.from({ length: count }, () => ({ name: 'job', data }));

interface Kit {
  queue: Queue;
  flows: FlowProducer;
  depth(): Promise<number>;
  /** So many jobs that have ended. */
  completed(count: number): Promise<void>;
}

function kitOf(capacity: number | undefined) {
  return redisTest.extend<{ kit: Kit }>({
    kit: async ({ redis, queueName, prefix }, use) => {
      const options = { connection: connectionOf(redis.url), prefix: `{${prefix}}` };
      const factory = createBoundedBackend(capacity === undefined ? {} : { capacity });
      const [queue, flows] = [new Queue(queueName, options, factory), new FlowProducer(options, factory)];
      const client = await redis.client();
      await use({
        queue,
        flows,
        depth: async () => queue.getJobCountByTypes('wait', 'active', 'delayed', 'prioritized', 'waiting-children'),
        completed: async (count) => {
          const pipeline = client.pipeline();
          for (let n = 0; n < count; n += 1) {
            pipeline.hset(`{${prefix}}:${queueName}:e${n}`, 'name', 'job', 'data', '{}', 'opts', '{}', 'timestamp', 1);
            pipeline.zadd(`{${prefix}}:${queueName}:completed`, 1, `e${n}`);
          }
          await pipeline.exec();
        },
      });
      await flows.close();
      await queue.close();
    },
  });
}

describe('one call on the bounded backend', () => {
  const test = kitOf(100_000);

  test('adds a bulk up to its limit, and refuses a larger one whole', async ({ kit: { queue, depth } }) => {
    const refused = { code: 'SLUICE_CALL_TOO_LARGE', queue: queue.name, jobs: callMaxJobs + 1, maxJobs: callMaxJobs };
    await expect(queue.addBulk(many(callMaxJobs + 1))).rejects.toMatchObject(refused);
    await expect(queue.addBulk(many(callMaxJobs + 1))).rejects.toThrow('Split it');
    expect(await depth()).toBe(0);
    expect(await queue.addBulk(many(callMaxJobs))).toHaveLength(callMaxJobs);
    expect(await depth()).toBe(callMaxJobs);
  });

  test('counts a flow with its children', async ({ kit: { flows, depth }, queueName }) => {
    const children = many(callMaxJobs).map((job) => ({ ...job, queueName }));
    const flow = { name: 'parent', queueName, children };
    const refused = { code: 'SLUICE_CALL_TOO_LARGE', queue: queueName, jobs: callMaxJobs + 1 };
    await expect(flows.add(flow)).rejects.toMatchObject(refused);
    const [half, rest] = [children.slice(0, 500), children.slice(500)];
    const two = [half, rest].map((part) => ({ ...flow, children: part }));
    await expect(flows.addBulk(two)).rejects.toThrow(CallTooLargeError);
    expect(await depth()).toBe(0);
  });

  test('counts bytes, too, but takes any job that comes alone', async ({ kit: { queue, depth } }) => {
    const bulk = many(9, 'x'.repeat(callMaxBytes / 8));
    await expect(queue.addBulk(bulk)).rejects.toMatchObject({ code: 'SLUICE_CALL_TOO_LARGE', maxBytes: callMaxBytes });
    expect(await depth()).toBe(0);
    await queue.addBulk(bulk.slice(2));
    await queue.add('alone', 'x'.repeat(callMaxBytes + 1));
    expect(await depth()).toBe(8);
  });

  test('retries and cleans in steps, all the same', async ({ kit: { queue, depth, completed } }) => {
    await completed(callMaxJobs + 500);
    const backend = queue.getBackend();
    expect(await backend.retryFinishedJobs('completed', 50_000)).toBe(1); // there are more
    expect(await depth()).toBe(callMaxJobs);
    await queue.retryJobs({ state: 'completed', count: 50_000 });
    expect(await depth()).toBe(callMaxJobs + 500);
    const runs = vi.spyOn(backend, 'execCommand');
    expect(await queue.clean(0, 1_200, 'wait')).toHaveLength(1_200);
    expect(await queue.clean(0, 0, 'wait')).toHaveLength(300);
    expect(runs.mock.calls.map(([, , args]) => args.at(-2))).toEqual([1_000, 200, 1_000]);
    expect(await depth()).toBe(0);
  });

  test('drains in steps', async ({ kit: { queue, depth } }) => {
    const kinds = [{}, { priority: 3 }, { delay: 60_000 }];
    for (const opts of kinds) {
      for (const count of [callMaxJobs, 200]) await queue.addBulk(many(count).map((job) => ({ ...job, opts })));
    }
    const runs = vi.spyOn(queue.getBackend(), 'execCommand');
    const script = (): string[] => runs.mock.calls.splice(0).map(([, name]) => name);
    await queue.drain();
    expect(script()).toEqual(['cleanJobsInSet', 'cleanJobsInSet', 'drain']);
    expect(await depth()).toBe(callMaxJobs + 200);
    runs.mockClear();
    await queue.drain(true);
    expect(script()).toEqual(['cleanJobsInSet', 'drain']);
    expect(await depth()).toBe(0);
  });
});

describe('one call on the backend without a capacity', () => {
  kitOf(undefined)('is what it is in BullMQ', async ({ kit: { queue, depth } }) => {
    await queue.addBulk(many(callMaxJobs + 1));
    expect(await depth()).toBe(callMaxJobs + 1);
  });
});
