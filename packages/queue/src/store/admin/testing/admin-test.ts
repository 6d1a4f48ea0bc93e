import { type Job, Queue, Worker } from 'bullmq';
import { redisTest, type TestRedis } from '@sluice/testing/vitest';
import { z } from 'zod';
import { defineJob } from '../../../job/contracts/job-contract.ts';
import { defineQueue } from '../../../job/contracts/queue-policy.ts';
import { connectProducer } from '../../../put/connect-producer.ts';
import type { Producer } from '../../../put/producer.ts';
import { connectionOf } from '../../../testing/bullmq-connection.ts';

export const step = defineJob({
  name: 'step',
  payload: z.strictObject({ n: z.int() }),
  result: z.null(),
  retry: { attempts: 2, backoff: { type: 'fixed', delayMs: 1 } },
});
export const queueOf = (name: string) => defineQueue({ name, jobs: [step], capacity: 3 });
export type StepProducer = Producer<ReturnType<typeof queueOf>>;

/** A queue of capacity 3 and a plain BullMQ queue on the same keys. Everything is closed when the test ends. */
class AdminKit {
  readonly #url: string;
  readonly #name: string;
  readonly #open: { close(): Promise<unknown> }[] = [];
  readonly #released = Promise.withResolvers<null>();

  constructor(redis: TestRedis, queueName: string) {
    this.#url = redis.url;
    this.#name = queueName;
  }

  async connect(): Promise<StepProducer> {
    const producer = await connectProducer(queueOf(this.#name), { redis: this.#url });
    this.#open.push(producer);
    return producer;
  }

  /** The queue as BullMQ's own client sees it: without a bound. */
  plainQueue(): Queue {
    const queue = new Queue(`{${this.#name}}`, { connection: connectionOf(this.#url) });
    this.#open.push(queue);
    return queue;
  }

  /** Starts a worker that does as the processor says. */
  work(processor: (job: Job) => Promise<unknown> = async () => null): void {
    const shared = { connection: connectionOf(this.#url), concurrency: 5 };
    this.#open.push(new Worker(`{${this.#name}}`, processor, shared));
  }

  /** Starts a worker whose jobs run until {@link release}. */
  workUntilReleased(): void {
    this.work(() => this.#released.promise);
  }

  /** Also for a job that Redis calls active and whose processor is about to be called. */
  release(): void {
    this.#released.resolve(null);
  }

  async close(): Promise<void> {
    this.release();
    for (const open of this.#open.reverse()) await open.close();
  }
}

export const adminTest = redisTest.extend<{ kit: AdminKit; producer: StepProducer }>({
  kit: async ({ redis, queueName }, use) => {
    const kit = new AdminKit(redis, queueName);
    await use(kit);
    await kit.close();
  },
  producer: async ({ kit }, use) => {
    await use(await kit.connect());
  },
});

/** Puts `from` … `to` under the ids `j<n>`. */
export async function putSteps(producer: StepProducer, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1) await producer.put(step, { n }, { id: `j${n}` });
}
