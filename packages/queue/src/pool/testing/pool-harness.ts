import { type JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { createWorkerPool } from '../create-worker-pool.ts';
import type { WorkerPool, WorkerPoolOptions } from '../worker-pool.ts';
import { type ScriptedJob, scriptedJob, type ScriptedTimes } from './scripted-job.ts';

/** A queue of scripted jobs, a plain BullMQ client to it, and pools that serve it. All end with the harness. */
export interface PoolHarness extends AsyncDisposable {
  job: ScriptedJob;
  /** A plain BullMQ queue: what it reads is what any BullMQ client would read. */
  raw: Queue;
  redis: Redis;
  /** The queue's key of this kind. */
  key(type: string): string;
  /** Adds a job as any BullMQ client would. @returns its id */
  add(payload: unknown, options?: JobsOptions & { sluice?: object; name?: string }): Promise<string>;
  /** Resolves when a pool waits inside Redis and no marker is left that would wake it at once. */
  untilOneWaits(): Promise<void>;
  pool(options?: Partial<WorkerPoolOptions>): WorkerPool;
}

export interface HarnessOptions extends ScriptedTimes {
  url: string;
  client: Redis;
  prefix: string;
  queueName: string;
  keep?: { completed?: { count: number }; dead?: { count: number } };
}

export function openHarness({ url, client, prefix, queueName, keep, ...times }: HarnessOptions): PoolHarness {
  const job = scriptedJob(times);
  const queue = defineQueue({
    name: queueName,
    jobs: [job.contract],
    capacity: 1_000,
    prefix,
    ...(keep ? { keep } : {}),
  });
  const raw = new Queue(`{${queueName}}`, { connection: client, prefix, skipVersionCheck: true });
  const pools: WorkerPool[] = [];
  const key = (type: string): string => `${prefix}:{${queueName}}:${type}`;
  return {
    job,
    raw,
    redis: client,
    key,
    untilOneWaits: () =>
      vi.waitFor(async () => {
        expect(await client.client('LIST')).toMatch(/flags=\w*b/);
        expect(await client.exists(key('marker'))).toBe(0);
      }),
    add: async (payload, { name = 'scripted', ...options } = {}) => String((await raw.add(name, payload, options)).id),
    pool: (options) => {
      const pool = createWorkerPool(queue, { scripted: job.handler }, { redis: url, concurrency: 4, ...options });
      pools.push(pool);
      return pool;
    },
    [Symbol.asyncDispose]: async () => {
      job.openGate();
      await Promise.all(pools.map((pool) => pool.stop()));
      await raw.close();
    },
  };
}
