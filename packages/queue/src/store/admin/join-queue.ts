import { setTimeout as sleep } from 'node:timers/promises';
import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { ourScript } from '../scripts/scripts.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { JoinTimeoutError } from '../../job/errors/index.ts';

export interface JoinOptions {
  /**
   * How long to wait, in milliseconds from 0 to 2,147,483,647; `Infinity` for as long as it takes.
   *
   * @default Infinity
   */
  waitMs?: number;
  /**
   * Ends the wait: the call rejects with the signal's reason. The jobs continue.
   *
   * @default none
   */
  signal?: AbortSignal;
}

export interface QueueLook {
  idle: boolean;
  depth: number;
}

const KEYS = ['wait', 'active', 'prioritized', 'delayed', 'waiting-children', 'paused', 'repeat', 'meta'] as const;
const PAUSE_MIN_MS = 10;
const PAUSE_MAX_MS = 250;

const script = new RedisScript(() => ourScript('check-idle'));

/** Looks once whether nothing is unfinished but what job schedulers have delayed. */
export async function lookIdle(client: Redis, keys: KeysMap): Promise<QueueLook> {
  const all = KEYS.map((name) => keys[name] ?? '');
  const [idle, depth] = (await script.run(client, all, [keys[''] ?? ''])) as [number, number];
  return { idle: idle === 1, depth };
}

/**
 * Looks until the queue is idle: soon again at first, four times a second in the long run.
 *
 * @throws JoinTimeoutError after `waitMs`; the signal's reason when it aborts; whatever `look` throws
 */
export async function joinQueue(
  queue: string,
  look: () => Promise<QueueLook>,
  { waitMs = Infinity, signal }: JoinOptions,
): Promise<void> {
  const until = performance.now() + waitMs;
  for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(pauseMs * 1.5, PAUSE_MAX_MS)) {
    signal?.throwIfAborted();
    const { idle, depth } = await look();
    if (idle) return;
    const leftMs = until - performance.now();
    if (leftMs <= 0) throw new JoinTimeoutError(queue, depth, waitMs);
    await pause(Math.min(pauseMs, leftMs), signal);
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
}
