import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { createHash } from 'node:crypto';
import { redisTest } from '@sluice/testing/vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue, type QueueOptions } from '../../job/contracts/queue-policy.ts';
import { createBoundedBackend } from '../../store/backend/create-bounded-backend.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { connectProducer } from '../connect-producer.ts';
import type { PutOptions } from '../put-options.ts';

/** Fails when n is below 0. */
export const sync = defineJob({
  name: 'sync',
  payload: z.strictObject({ n: z.int() }),
  result: z.int(),
  retry: { attempts: 1 },
});

type Jobs = readonly [typeof sync];
export type IdSettings = Partial<Pick<QueueOptions<Jobs>, 'capacity' | 'keep' | 'idempotencyMs' | 'whenFull'>>;

/** A queue whose ids are put again and again, and all who may end its jobs. Everything is closed when the test ends. */
export class IdQueue implements AsyncDisposable {
  readonly client: Redis;
  readonly plain: Queue;
  readonly #url: string;
  readonly #queue;
  readonly #producer;
  readonly #open = new AsyncDisposableStack();

  private constructor(url: string, client: Redis, name: string, settings: IdSettings) {
    this.#url = url;
    this.client = client;
    this.#queue = defineQueue({ name, jobs: [sync], capacity: 100, ...settings });
    this.#producer = connectProducer(this.#queue, { redis: url });
    this.plain = this.#open.adopt(new Queue(`{${name}}`, { connection: connectionOf(url) }), (queue) => queue.close());
  }

  static async open(url: string, client: Redis, name: string, settings: IdSettings = {}): Promise<IdQueue> {
    const queue = new IdQueue(url, client, name, settings);
    queue.#open.use(await queue.#producer);
    return queue;
  }

  get producer() {
    return this.#producer;
  }

  /** The status of the receipt, or the code of the error. */
  async put(id: string, n = 1, options: PutOptions = {}): Promise<string> {
    const producer = await this.#producer;
    return producer.put(sync, { n }, { id, ...options }).then(
      ({ status }) => status,
      ({ code }: { code: string }) => code,
    );
  }

  /** Puts a job under this id. */
  async begin(id: string, n = 1, options: PutOptions = {}): Promise<void> {
    await (await this.#producer).put(sync, { n }, { id, ...options });
  }

  async ended(id: string): Promise<void> {
    await (await this.#producer).outcome(id).catch(() => undefined);
  }

  async startPool(): Promise<void> {
    const handler = defineHandler(sync, async ({ payload }) => {
      if (payload.n < 0) throw new Error('as asked');
      return payload.n;
    });
    const pool = createWorkerPool(this.#queue, { sync: handler }, { redis: this.#url, concurrency: 4 });
    this.#open.use(pool);
    await pool.start();
  }

  /** A BullMQ Worker, on our backend or on its own. */
  startWorker({ isOurs }: { isOurs: boolean }, keep: { count: number } = { count: 100 }): void {
    const options = { connection: connectionOf(this.#url), removeOnComplete: keep, removeOnFail: keep };
    const run = async ({ data }: { data: { n: number } }): Promise<number> => {
      if (data.n < 0) throw new Error('as asked');
      return data.n;
    };
    const name = `{${this.#queue.name}}`;
    const backend = createBoundedBackend({ capacity: 100 });
    const worker = isOurs ? new Worker(name, run, options, backend) : new Worker(name, run, options);
    this.#open.adopt(worker, () => worker.close());
  }

  key(part: string): string {
    return this.plain.toKey(part);
  }

  /** Where the id is remembered. */
  bucket(id: string): string {
    return this.key(`sluice:ids:${createHash('sha1').update(`k.${id}`).digest('hex').slice(0, 2)}`);
  }

  remembered(id: string): Promise<string | null> {
    return this.client.hget(this.bucket(id), `k.${id}`);
  }

  /** Makes the end of a job, and what is remembered of it, older than it is. */
  async letPass(id: string, ms: number): Promise<void> {
    const memory = await this.remembered(id);
    const [untilMs = '', digest = ''] = memory?.split(' ') ?? [];
    if (memory !== null) await this.client.hset(this.bucket(id), `k.${id}`, `${Number(untilMs) - ms} ${digest}`);
    const finishedOn = await this.client.hget(this.key(`k.${id}`), 'finishedOn');
    if (finishedOn !== null) await this.client.hincrby(this.key(`k.${id}`), 'finishedOn', -ms);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#open.disposeAsync();
  }
}

export const idTest = redisTest.extend<{ open: (settings?: IdSettings) => Promise<IdQueue> }>({
  open: async ({ redis, queueName }, use) => {
    await using opened = new AsyncDisposableStack();
    const client = await redis.client();
    await use(async (settings) => opened.use(await IdQueue.open(redis.url, client, queueName, settings)));
  },
});
