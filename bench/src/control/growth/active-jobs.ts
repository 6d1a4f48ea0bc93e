import { connectProducer, createWorkerPool, defineHandler, type WorkerPool } from '@sluice/queue';
import type { BenchRedis } from '../../redis-meter.ts';
import {
  fill,
  type Growing,
  type GrowthCost,
  growthCostOf,
  growthJob,
  type GrowthProducer,
  growthQueue,
  MEASURED_JOBS,
  putMeasuredJobs,
} from './growth-jobs.ts';

const KEPT = 1_000;
/** Jobs that end at once, where as many are active: so one script call completes several. */
const ENDING_AT_ONCE = 100;

const queue = growthQueue(KEPT);

/** A pool with more and more slots, each of which holds a job until it is told to end it. */
export class ActiveJobs implements Growing {
  readonly #redis: BenchRedis;
  readonly #producer: GrowthProducer;
  /** One function for each active job, which ends it. */
  readonly #held: (() => void)[] = [];
  #pool: WorkerPool | undefined;
  #size = 0;
  #onCompleted = (): void => {};
  #onHeld = (): void => {};
  #onFault = (_error: unknown): void => {};

  private constructor(redis: BenchRedis, producer: GrowthProducer) {
    this.#redis = redis;
    this.#producer = producer;
  }

  static async open(redis: BenchRedis): Promise<ActiveJobs> {
    await redis.meter.empty();
    return new ActiveJobs(redis, await connectProducer(queue, { redis: { path: redis.socketPath } }));
  }

  async grow(size: number): Promise<void> {
    await this.#stop();
    await fill(this.#producer, size);
    const hold = (): Promise<void> =>
      new Promise((resolve) => {
        this.#held.push(resolve);
        this.#onHeld();
      });
    const handlers = { [growthJob.name]: defineHandler(growthJob, hold) };
    const pool = createWorkerPool(queue, handlers, { redis: { path: this.#redis.socketPath }, concurrency: size });
    pool.on('completed', () => this.#onCompleted());
    pool.on('fault', ({ error }) => this.#onFault(error));
    this.#pool = pool;
    this.#size = size;
    await pool.start();
    await this.#untilAllHeld();
  }

  /** All slots hold a job while jobs are put. Then jobs end in a random order, and each slot takes the next. */
  async measure(): Promise<GrowthCost> {
    return await growthCostOf(this.#redis.meter, {
      put: () => putMeasuredJobs((payload) => this.#producer.put(growthJob, payload)),
      take: () => this.#endAndTake(MEASURED_JOBS),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    await this.#producer.close();
  }

  async #endAndTake(jobs: number): Promise<void> {
    const done = Promise.withResolvers<void>();
    let [toEnd, left, ending] = [jobs, jobs, 0];
    const endSome = (): void => {
      while (toEnd > 0 && ending < ENDING_AT_ONCE && this.#held.length > 0) {
        toEnd -= 1;
        ending += 1;
        takeAny(this.#held)?.();
      }
    };
    this.#onFault = done.reject;
    this.#onHeld = endSome;
    this.#onCompleted = () => {
      left -= 1;
      ending -= 1;
      if (left === 0) done.resolve();
      endSome();
    };
    endSome();
    await done.promise;
    await this.#untilAllHeld();
  }

  async #untilAllHeld(): Promise<void> {
    const all = Promise.withResolvers<void>();
    this.#onFault = all.reject;
    this.#onHeld = () => {
      if (this.#held.length === this.#size) all.resolve();
    };
    this.#onHeld();
    await all.promise;
    this.#onHeld = () => {};
  }

  async #stop(): Promise<void> {
    this.#onCompleted = () => {};
    for (const end of this.#held.splice(0)) end();
    await this.#pool?.stop();
  }
}

/** Removes any one of them, each with the same probability. */
function takeAny<T>(all: T[]): T | undefined {
  const at = Math.floor(Math.random() * all.length);
  const last = all.length - 1;
  const [taken, moved] = [all[at], all[last]];
  if (taken === undefined || moved === undefined) return undefined;
  all[at] = moved;
  all.pop();
  return taken;
}
