import { setTimeout as sleep } from 'node:timers/promises';
import { connectProducer, createWorkerPool, defineHandler } from '@sluice/queue';
import type { BenchRedis } from '../../redis-meter.ts';
import {
  fill,
  type Growing,
  type GrowthCost,
  growthCostOf,
  growthJob,
  type GrowthProducer,
  growthQueue,
  type JobOptions,
  MEASURED_JOBS,
  MOST_JOBS,
  putMeasuredJobs,
} from './growth-jobs.ts';

/** What fills the queue before a put and a take are measured. The jobs that are measured are of the same kind. */
export const backlogKinds = ['waiting', 'delayed', 'prioritized', 'completed'] as const;
export type BacklogKind = (typeof backlogKinds)[number];

const SLOTS = 100;
const PRIORITY = 10;
const A_DAY_MS = 86_400_000;
/** Longer than it takes to put the jobs of a measurement. */
const SOON_MS = 1_000;

const queue = growthQueue(MOST_JOBS);
const handlers = { [growthJob.name]: defineHandler(growthJob, async () => undefined) };
const backlogOptions: Record<BacklogKind, JobOptions> = {
  waiting: {},
  delayed: { delayMs: A_DAY_MS },
  prioritized: { priority: PRIORITY },
  completed: {},
};

/** A queue that is filled more and more: jobs that wait, are delayed or prioritized, or are kept as completed. */
export class Backlog implements Growing {
  readonly #kind: BacklogKind;
  readonly #redis: BenchRedis;
  readonly #producer: GrowthProducer;
  #size = 0;

  private constructor(kind: BacklogKind, redis: BenchRedis, producer: GrowthProducer) {
    this.#kind = kind;
    this.#redis = redis;
    this.#producer = producer;
  }

  static async open(kind: BacklogKind, redis: BenchRedis): Promise<Backlog> {
    await redis.meter.empty();
    return new Backlog(kind, redis, await connectProducer(queue, { redis: { path: redis.socketPath } }));
  }

  async grow(size: number): Promise<void> {
    const count = size - this.#size;
    await fill(this.#producer, count, backlogOptions[this.#kind]);
    if (this.#kind === 'completed') await this.#work(count); // nothing waits here but these
    this.#size = size;
  }

  /** As many as before are left, of completed ones more. Delayed jobs are taken once all of them are due. */
  async measure(): Promise<GrowthCost> {
    const isDelayed = this.#kind === 'delayed';
    const options = isDelayed ? { delayMs: SOON_MS } : backlogOptions[this.#kind];
    let taken = 0;
    const cost = await growthCostOf(this.#redis.meter, {
      put: () => putMeasuredJobs((payload) => this.#producer.put(growthJob, payload, options)),
      between: () => sleep(isDelayed ? SOON_MS : 0),
      take: async () => {
        taken = await this.#work(MEASURED_JOBS);
      },
    });
    await this.#refill(taken - MEASURED_JOBS);
    return cost;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.close();
  }

  /** Puts as many as a pool took of the backlog before it stopped. */
  async #refill(count: number): Promise<void> {
    const size = this.#size;
    this.#size -= count;
    await this.grow(size);
  }

  /** Runs a pool until it has completed this number of jobs, and those that it has taken by then. Resolves with their number. */
  async #work(jobs: number): Promise<number> {
    if (jobs <= 0) return 0;
    const done = Promise.withResolvers<void>();
    let completed = 0;
    const pool = createWorkerPool(queue, handlers, { redis: { path: this.#redis.socketPath }, concurrency: SLOTS });
    pool.on('fault', ({ error }) => done.reject(error));
    pool.on('completed', () => {
      completed += 1;
      if (completed === jobs) done.resolve();
    });
    await pool.start();
    await done.promise;
    await pool.stop();
    return completed;
  }
}
