import { type JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { defineJob, type JobContract } from '../../job/contracts/job-contract.ts';
import { defineQueue, type QueueDefinition } from '../../job/contracts/queue-policy.ts';
import type { Attempt } from '../../job/handler/attempt.ts';
import type { HandlerRegistry } from '../../job/handler/handler-registry.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { createWorkerPool } from '../create-worker-pool.ts';
import type { PoolEvents } from '../../attempt/pool-events.ts';
import type { WorkerPool, WorkerPoolOptions } from '../worker-pool.ts';

const payload = z.object({ n: z.int() });
const result = z.string();
export type OwnContract = JobContract<'own', typeof payload, typeof result>;
export type OwnAttempt = Attempt<OwnContract>;

export interface OwnTimes {
  timeoutMs?: number;
  graceMs?: number;
  timeoutMaxMs?: number;
}

/** The job's hash, and what a plain BullMQ client says of its state. */
interface StoredJob {
  readonly state: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A queue of jobs whose handler is written in the test. */
export interface OwnQueue extends AsyncDisposable {
  readonly contract: OwnContract;
  readonly queue: QueueDefinition<readonly [OwnContract]>;
  readonly raw: Queue;
  readonly client: Redis;
  add(options?: JobsOptions & { sluice?: object; n?: number }): Promise<string>;
  read(id: string): Promise<StoredJob>;
  key(type: string): string;
  /** A pool that runs the handler, and what it tells, by name, in order. Stopped with the queue. */
  serve(handle: (attempt: OwnAttempt) => unknown, options?: Partial<WorkerPoolOptions>): Promise<ServingPool>;
  /** The same with a handler of any kind. */
  serveBy(
    handler: HandlerRegistry<OwnQueue['queue']>['own'],
    options?: Partial<WorkerPoolOptions>,
  ): Promise<ServingPool>;
}

export interface ServingPool {
  readonly pool: WorkerPool;
  readonly emitted: { readonly name: keyof PoolEvents; readonly event: object }[];
}

export interface OwnQueueOptions extends OwnTimes {
  readonly url: string;
  readonly client: Redis;
  readonly prefix: string;
  readonly queueName: string;
}

const names = [
  'started',
  'completed',
  'retried',
  'released',
  'dead',
  'expired',
  'cancelled',
  'missing',
  'abandoned',
  'leaseLost',
  'extended',
  'errorAfterSettle',
  'fault',
] as const;

export function openOwnQueue({ url, client, prefix, queueName, ...times }: OwnQueueOptions): OwnQueue {
  const retry = { attempts: 2, backoff: { type: 'fixed', delayMs: 5, jitter: 0 } } as const;
  const contract = defineJob({ name: 'own', payload, result, timeoutMs: 5_000, graceMs: 200, ...times, retry });
  const queue = defineQueue({ name: queueName, jobs: [contract], capacity: 100, prefix });
  const raw = new Queue(`{${queueName}}`, { connection: client, prefix, skipVersionCheck: true });
  const pools: WorkerPool[] = [];
  const key = (type: string): string => `${prefix}:{${queueName}}:${type}`;
  const serveBy: OwnQueue['serveBy'] = async (handler, options) => {
    const pool = createWorkerPool(queue, { own: handler }, { redis: url, concurrency: 2, ...options });
    const emitted: { name: keyof PoolEvents; event: object }[] = [];
    for (const name of names) pool.on(name, (event: object) => emitted.push({ name, event }));
    pools.push(pool);
    await pool.start();
    return { pool, emitted };
  };
  return {
    contract,
    queue,
    raw,
    client,
    key,
    add: async ({ n = 1, ...options } = {}) => String((await raw.add('own', { n }, options)).id),
    read: async (id) => ({ state: await raw.getJobState(id), fields: await client.hgetall(key(id)) }),
    serve: (handle, options) =>
      serveBy(defineHandler(contract, handle as (attempt: OwnAttempt) => Promise<string>), options),
    serveBy,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(pools.map((pool) => pool.stop()));
      await raw.close();
    },
  };
}
