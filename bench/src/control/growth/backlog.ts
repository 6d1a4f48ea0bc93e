import { type Producer, connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';
import { costOf } from '../../bench-process.ts';
import type { RedisMeter } from '../../redis-meter.ts';

/** What fills the queue before a put and a take are measured. */
export const backlogKinds = ['waiting', 'delayed', 'prioritized', 'completed'] as const;
export type BacklogKind = (typeof backlogKinds)[number];

const MOST = 2_000_000;
const MEASURED_JOBS = 2_000;
const PUTS_IN_FLIGHT = 100;
const SLOTS = 100;
const TEN_YEARS_MS = 10 * 365 * 86_400_000;
const A_DAY_MS = 86_400_000;
const job = defineJob({ name: 'grow', payload: z.object({ n: z.int() }), result: z.void() });
const queue = defineQueue({
  name: 'growth',
  jobs: [job],
  capacity: MOST,
  keep: { completed: { count: MOST, ageMs: TEN_YEARS_MS } },
});
const handlers = { grow: defineHandler(job, async () => undefined) };

/** CPU time in microseconds per job. */
export interface GrowthCost {
  readonly putNode: number;
  readonly putRedis: number;
  readonly takeNode: number;
  readonly takeRedis: number;
}

/** A queue that is filled more and more, with what a put and a take cost at each size. */
export class Backlog implements AsyncDisposable {
  readonly #kind: BacklogKind;
  readonly #socketPath: string;
  readonly #meter: RedisMeter;
  readonly #producer: Producer<typeof queue>;
  #size = 0;

  private constructor(kind: BacklogKind, socketPath: string, meter: RedisMeter, producer: Producer<typeof queue>) {
    this.#kind = kind;
    this.#socketPath = socketPath;
    this.#meter = meter;
    this.#producer = producer;
  }

  static async open(kind: BacklogKind, redis: { socketPath: string; meter: RedisMeter }): Promise<Backlog> {
    await redis.meter.empty();
    const producer = await connectProducer(queue, { redis: { path: redis.socketPath } });
    return new Backlog(kind, redis.socketPath, redis.meter, producer);
  }

  /** Adds jobs until it has this size. */
  async grow(size: number): Promise<void> {
    const count = size - this.#size;
    const payloads = Array.from({ length: Math.max(0, count) }, (_, n) => ({ n }));
    const options = { delayed: { delayMs: A_DAY_MS }, prioritized: { priority: 10 }, waiting: {}, completed: {} }[
      this.#kind
    ];
    for await (const { status } of this.#producer.putMany(job, payloads, options))
      if (status !== 'created') throw new Error(`a put was ${status}`);
    if (this.#kind === 'completed') await this.#work(count);
    this.#size = size;
  }

  /** Puts and takes jobs; as many as before are left, but for those that completed. */
  async measure(): Promise<GrowthCost> {
    const put = await this.#costOf(() => this.#put());
    const take = await this.#costOf(() => this.#work(MEASURED_JOBS));
    return { putNode: put.node, putRedis: put.redis, takeNode: take.node, takeRedis: take.redis };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.close();
  }

  async #costOf(run: () => Promise<void>): Promise<{ node: number; redis: number }> {
    const before = await this.#meter.cpuUs();
    const { nodeCpuUs } = await costOf(run);
    const redisCpuUs = (await this.#meter.cpuUs()) - before;
    return { node: nodeCpuUs / MEASURED_JOBS, redis: redisCpuUs / MEASURED_JOBS };
  }

  async #put(): Promise<void> {
    let next = 0;
    const putRest = async (): Promise<void> => {
      while (next < MEASURED_JOBS) await this.#producer.put(job, { n: next++ });
    };
    await Promise.all(Array.from({ length: PUTS_IN_FLIGHT }, putRest));
  }

  /** Runs a pool until it has completed this number of jobs, and those that it has taken by then. */
  async #work(jobs: number): Promise<void> {
    if (jobs <= 0) return;
    const done = Promise.withResolvers<void>();
    let left = jobs;
    const pool = createWorkerPool(queue, handlers, { redis: { path: this.#socketPath }, concurrency: SLOTS });
    pool.on('fault', ({ error }) => done.reject(error));
    pool.on('completed', () => {
      left -= 1;
      if (left === 0) done.resolve();
    });
    await pool.start();
    await done.promise;
    await pool.stop();
  }
}
