import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { ourScript } from '../scripts/scripts.ts';
import { RedisScript } from '../scripts/redis-script.ts';

/** What there is to do in a queue now. */
export interface QueueWork {
  /** Jobs that can be taken, delayed ones that are due included. */
  readonly ready: number;
  /** Jobs that a worker has. */
  readonly active: number;
  /** When the next delayed job is due, in milliseconds from now; null without one. */
  readonly nextInMs: number | null;
  /** The same without the next iterations of job schedulers, which never come to an end. */
  readonly nextOwnInMs: number | null;
  /** Calls of producers that wait for capacity. */
  readonly waiters: number;
  /** Whether nobody may take a job. */
  readonly paused: boolean;
  /** Parents of flows that wait for their children. */
  readonly waitingChildren: number;
  /** Delayed jobs, without the next iterations of job schedulers. */
  readonly delayed: number;
  /** All unfinished jobs: what the capacity counts. */
  readonly depth: number;
}

const KEYS = [
  'wait',
  'paused',
  'prioritized',
  'active',
  'delayed',
  'waiting-children',
  'completed',
  'failed',
  'repeat',
  'meta',
  'marker',
  'limiter',
] as const;
const OWN_KEYS = [sluiceKeys.waiters, sluiceKeys.movedSchedulers] as const;

const script = new RedisScript(() => ourScript('move-times'));

/** Moves all that the queue waits for nearer by `ms`; with 0 it only looks. See move-times.lua. */
export async function moveTimes(client: Redis, keys: KeysMap, ms: number): Promise<QueueWork> {
  const base = keys[''] ?? '';
  const all = [...KEYS.map((name) => keys[name] ?? `${base}${name}`), ...OWN_KEYS.map((name) => `${base}${name}`)];
  const reply = (await script.run(client, all, [base, Math.round(ms)])) as (number | string | null)[];
  const at = (index: number): number => Number(reply[index] ?? 0);
  const inMs = (index: number): number | null => (at(index) < 0 ? null : at(index));
  return {
    ready: at(0),
    active: at(1),
    nextInMs: inMs(2),
    nextOwnInMs: inMs(3),
    waiters: at(4),
    paused: reply[5] !== null,
    waitingChildren: at(6),
    delayed: at(7),
    depth: at(8),
  };
}
