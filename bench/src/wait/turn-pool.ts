import { setTimeout as sleep } from 'node:timers/promises';
import { socketUrl } from '@sluice/local-redis';
import { createWorkerPool, defineHandler } from '@sluice/queue';
import { monotonicMs } from '../bench-process.ts';
import { defineJob, defineQueue, type QueueDefinition } from '@sluice/queue/contracts';
import { z } from 'zod';

/** A job that does nothing: what is measured is the wait before it. */
export const turn = defineJob({ name: 'bench.turn', payload: z.null(), result: z.null() });

export function waitQueue(capacity: number): QueueDefinition<readonly [typeof turn]> {
  return defineQueue({ name: 'wait', jobs: [turn], capacity });
}

export interface Handled {
  readonly id: string;
  /** When the handler returned: capacity is freed once that is settled. */
  readonly freedAtMs: number;
}

export interface TurnPoolOptions {
  readonly socketPath: string;
  readonly capacity: number;
  readonly concurrency: number;
  /** Each job takes a time of its own between these, so that no poll falls into step with them. */
  readonly workMs: readonly [least: number, most: number];
  /** Called for each job, in the order in which they end. */
  readonly onHandled: (handled: Handled) => void;
}

/** Workers that end one job after another, each of which frees capacity. Disposing of the result stops them. */
export async function startTurnPool(options: TurnPoolOptions): Promise<AsyncDisposable> {
  const [least, most] = options.workMs;
  const handler = defineHandler(turn, async ({ id }) => {
    await sleep(least + Math.random() * (most - least));
    options.onHandled({ id, freedAtMs: monotonicMs() });
    return null;
  });
  const redis = socketUrl(options.socketPath);
  const { concurrency } = options;
  const pool = createWorkerPool(waitQueue(options.capacity), { [turn.name]: handler }, { redis, concurrency });
  await pool.start();
  return pool;
}
