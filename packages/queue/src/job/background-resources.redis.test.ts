import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { redisTest as test } from '@sluice/testing/vitest';
import { Queue } from 'bullmq';
import { describe, expect, vi } from 'vitest';
import { z } from 'zod';
import { connectAdmin, connectAllQueues } from '../admin/connect-admin.ts';
import { connectConsumer } from '../consumer/connect-consumer.ts';
import { createWorkerPool } from '../pool/create-worker-pool.ts';
import { connectProducer } from '../put/connect-producer.ts';
import { flow } from '../put/flow/flow-node.ts';
import { createBoundedBackend } from '../store/backend/create-bounded-backend.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { defineJob } from './contracts/job-contract.ts';
import { defineQueue } from './contracts/queue-policy.ts';

const caller = new AsyncLocalStorage<string>();
const job = defineJob({ name: 'work', payload: z.int(), result: z.int() });

/** What calls back again and again, or after a long time, in the context in which it was made. */
const LASTING = new Set(['Timeout', 'TCPWRAP', 'PIPEWRAP', 'WORKER', 'MESSAGEPORT']);

/** The timers, sockets and threads that were made in the context of a caller, for as long as they are there. */
class CallersResources implements Disposable {
  readonly #made = new Map<number, { readonly by: string; readonly what: string }>();
  readonly #hook = createHook({
    init: (id, type) => {
      const by = caller.getStore();
      if (by === undefined || !LASTING.has(type)) return;
      const stack = new Error('made here').stack?.split('\n').filter((line) => !line.includes('(node:'));
      this.#made.set(id, { by, what: `${type}, made by ${by}\n${stack?.slice(2, 10).join('\n')}` });
    },
    destroy: (id) => void this.#made.delete(id),
  }).enable();

  /** Makes a call as a request would. Once it is over, nothing may be left that was made in its context. */
  async during<T>(by: string, call: () => Promise<T>): Promise<T> {
    const result = await caller.run(by, call);
    const left = (): string[] => [...this.#made.values()].filter((each) => each.by === by).map(({ what }) => what);
    await vi.waitFor(() => expect(left()).toEqual([]));
    return result;
  }

  [Symbol.dispose](): void {
    this.#hook.disable();
  }
}

describe('timers, connections and threads of the background', () => {
  test('belong to none of the callers who happened to start them', async ({ redis, prefix, queueName: name }) => {
    using resources = new CallersResources();
    const queue = defineQueue({ name, jobs: [job], capacity: 2, prefix });
    const options = { redis: redis.url };
    const handler = defineHandler(job, async ({ payload, extend }) => {
      await extend(1);
      return payload;
    });

    await using producer = await resources.during('connectProducer', () => connectProducer(queue, options));
    await using admin = await resources.during('connectAdmin', () => connectAdmin(queue, options));
    await using all = await resources.during('connectAllQueues', () => connectAllQueues(options));
    await using consumer = await resources.during('connectConsumer', () => connectConsumer(queue, options));
    await using pool = await resources.during('createWorkerPool', async () =>
      createWorkerPool(queue, { work: handler }, { ...options, concurrency: 1 }),
    );
    await resources.during('tryPut', () => producer.tryPut(job, 1));
    await resources.during('put', () => producer.put(job, 2));
    const waiting = resources.during('a put that waits', () => producer.put(job, 3));
    await vi.waitFor(() => expect(producer.waitingPuts).toBe(1));
    await resources.during('stats', () => Promise.all([producer.stats(), admin.stats(), all.get(queue).stats()]));
    const lease = await resources.during('take', () => consumer.take());
    await resources.during('ack', async () => lease?.ack(0));
    await resources.during('start', () => pool.start());
    const receipt = await waiting;
    await resources.during('result', () => producer.result(receipt));
    await resources.during('gather', () => producer.gather([[job, 6]]));
    await resources.during('putFlow', () => producer.putFlow(flow(job, 4, { children: [flow(job, 5)] })));
    await resources.during('join', () => producer.join());
    await resources.during('drain', () => pool.drain());
  });

  test('belong to no caller of a plain BullMQ queue with a capacity', async ({ redis, prefix, queueName }) => {
    using resources = new CallersResources();
    const backend = createBoundedBackend({ capacity: 5 });
    const queue = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url), prefix }, backend);
    await queue.waitUntilReady();
    await resources.during('add', () => Promise.all([queue.add('work', 1), queue.add('work', 2)]));
    await resources.during('addBulk', () => queue.addBulk([{ name: 'work', data: 3 }]));
    await queue.close();
  });
});
