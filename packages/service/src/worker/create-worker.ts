import {
  createWorkerPool,
  type HandlerContext,
  loadHandlers,
  type PoolHealth,
  type QueuesApp,
  redisWithCa,
  type WorkerPool,
  type WorkerPoolOptions,
} from '@sluice/queue';
import { Lifecycle } from '@sluice/queue/lifecycle';
import type { Logger } from '@sluice/queue/logging';
import type { ChosenQueue } from '../app/queue-selection.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { Closers } from './closers.ts';
import { mergeHealth } from './worker-health.ts';
import type { Worker } from './worker.ts';

export interface CreateWorkerOptions extends Omit<WorkerPoolOptions, 'logger'> {
  /** As of `redisWithCa`, where `redis` is an address. */
  redisCaFile: string | undefined;
  log: Logger;
  /** What counts what the pools do. */
  metrics?: Metrics | undefined;
}

/**
 * A pool for each of the queues, with the handlers of the app. It connects when it is started.
 *
 * @throws DefinitionError when a queue has no handlers, or a job has none; whatever the making of handlers fails with
 */
export async function createWorker(
  app: QueuesApp,
  queues: readonly ChosenQueue[],
  { log, redis: input, redisCaFile, metrics, ...options }: CreateWorkerOptions,
): Promise<Worker> {
  const redis = typeof input === 'string' ? redisWithCa(input, redisCaFile) : input;
  const closers = new Closers();
  const context: HandlerContext = { log, onStop: (close) => closers.add(close) };
  try {
    const pools = new Map<string, WorkerPool>();
    for (const { queue, concurrency = options.concurrency } of queues) {
      const handlers = await loadHandlers(app, queue.name, context);
      const pool = createWorkerPool(queue, handlers, { ...options, redis, concurrency, logger: log });
      metrics?.observePool(queue, pool);
      pools.set(queue.name, pool);
    }
    return joinPools(pools, closers);
  } catch (error) {
    await closers.close().catch((fault: unknown) => log.warn({ err: fault }, 'could not be closed'));
    throw error;
  }
}

/** What the handlers have opened is closed when the last of them has ended. */
function joinPools(pools: ReadonlyMap<string, WorkerPool>, closers: Closers): Worker {
  const all = (step: (pool: WorkerPool) => Promise<void>): Promise<void> => everyOne([...pools.values()].map(step));
  const lifecycle = new Lifecycle({
    start: () => all((pool) => pool.start()),
    // A drain that is under way goes on; a stop that shortens it has been called already.
    stop: () => (ending ?? all((pool) => pool.stop())).finally(() => closers.close()),
  });
  let ending: Promise<void> | undefined;
  const end = (poolsEnd: Promise<void>): Promise<void> => {
    ending ??= poolsEnd;
    poolsEnd.catch(() => undefined); // reported by the lifecycle's stop
    return lifecycle.stop().finally(() => closers.close()); // also when it was never started
  };
  return {
    get state() {
      return lifecycle.state;
    },
    health: () => mergeHealth(healthOf(pools)),
    start: () => lifecycle.start(),
    // The pools hear of it at once, also while they start.
    drain: () => end(all((pool) => pool.drain())),
    stop: () => end(all((pool) => pool.stop())),
  };
}

function healthOf(pools: ReadonlyMap<string, WorkerPool>): Record<string, PoolHealth> {
  return Object.fromEntries([...pools].map(([name, pool]) => [name, pool.health()]));
}

/** Waits for all of them, also when one fails. @throws what the first one failed with */
async function everyOne(steps: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(steps);
  await Promise.all(steps);
}
