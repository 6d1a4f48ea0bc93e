import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { testLogger } from '../../testing/test-logger.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { inThread, type ThreadOptions } from '../../job/handler/in-thread.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import type { WorkerPool, WorkerPoolOptions } from '../../pool/worker-pool.ts';
import { fromSources, threadJob } from './thread-job.ts';

export interface PutTimes {
  timeoutMs?: number;
  expiresAt?: number;
  attempts?: number;
}

/** A queue of jobs that run in threads, a plain BullMQ client to it, and pools that serve it. */
export interface ThreadHarness extends AsyncDisposable {
  raw: Queue;
  /** Every line of the pools' logs. */
  lines: Record<string, unknown>[];
  add(payload: object, times?: PutTimes): Promise<string>;
  pool(options?: Partial<WorkerPoolOptions> & { thread?: ThreadOptions; moduleUrl?: URL }): WorkerPool;
  /** Waits until the job has ended, and says how. */
  end(id: string): Promise<{ state: string; said: unknown; threadId: number; code: string | null; why: string }>;
}

export interface ThreadHarnessOptions {
  url: string;
  client: Redis;
  prefix: string;
  queueName: string;
}

const handlerModule = new URL('./thread-handler.ts', import.meta.url);

export function openThreadHarness({ url, client, prefix, queueName }: ThreadHarnessOptions): ThreadHarness {
  const queue = defineQueue({ name: queueName, jobs: [threadJob], capacity: 1_000, prefix });
  const raw = new Queue(`{${queueName}}`, { connection: client, prefix, skipVersionCheck: true });
  const pools: WorkerPool[] = [];
  const lines: Record<string, unknown>[] = [];
  const logger = testLogger({
    level: 'debug',
    destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  return {
    raw,
    lines,
    add: async (payload, { timeoutMs, expiresAt, attempts = 1 } = {}) => {
      const sluice = { v: 1, ...(timeoutMs ? { t: timeoutMs } : {}), ...(expiresAt ? { e: expiresAt } : {}) };
      const options = { attempts, backoff: { type: 'fixed', delay: 0 }, sluice };
      return String((await raw.add('threaded', payload, options)).id);
    },
    pool: ({ thread, moduleUrl = handlerModule, ...options } = {}) => {
      const handler = inThread(threadJob, moduleUrl, { execArgv: fromSources, ...thread });
      const pool = createWorkerPool(queue, { threaded: handler }, { redis: url, concurrency: 2, logger, ...options });
      pools.push(pool);
      return pool;
    },
    end: async (id) => {
      await vi.waitFor(async () => expect(await raw.getJobState(id)).toMatch(/completed|failed/));
      const [job, state] = await Promise.all([raw.getJob(id), raw.getJobState(id)]);
      const returned = job?.returnvalue as { said?: unknown; threadId?: number } | null;
      const code = await client.hget(`${prefix}:{${queueName}}:${id}`, 'sluice.code');
      return { state, said: returned?.said, threadId: returned?.threadId ?? -1, code, why: job?.failedReason ?? '' };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(pools.map((pool) => pool.stop()));
      await raw.close();
    },
  };
}
