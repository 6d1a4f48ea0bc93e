import type { Redis } from 'ioredis';
import { type AdministeredQueue, wakeArguments } from '../admission/wake-arguments.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';

/**
 * What became of a dead letter.
 *
 * - `replayed`: it waits for its turn again.
 * - `expired`: its expiry has passed, so that it would only expire again. It stays dead.
 * - `again`: this run has replayed it, and it has died again. It stays dead.
 * - `gone`: it is not dead any more, or not kept.
 */
export type ReplayResult = 'replayed' | 'expired' | 'again' | 'gone';

/** Why jobs were left: the queue is full, or sealed. */
export type ReplayStop = 'full' | 'sealed';

export interface ReplayCall {
  /** The run: a job that it has replayed before is left. Letters and digits. */
  readonly run: string;
  readonly onExpired: 'skip' | 'clear';
  /** Under which those that find no capacity wait; absent: they do not. */
  readonly ticket?: string;
  readonly ticketLifeMs: number;
}

const replayScript = new RedisScript(() => ourScript('replay-jobs'));
const leaveScript = new RedisScript(() => ourScript('leave-waiter-queue'));

/**
 * Replays as many as there is capacity for, in their order. @param ids as stored, at most 100
 *
 * @returns a result for each of the first ids; fewer than there are ids when it was stopped
 */
export async function replayJobs(
  client: Redis,
  queue: AdministeredQueue,
  { run, onExpired, ticket = '', ticketLifeMs }: ReplayCall,
  ids: readonly string[],
): Promise<{ results: ReplayResult[]; stop?: ReplayStop }> {
  const { keys } = queue;
  const { keys: capacityKeys, args: wake } = wakeArguments(queue);
  const own = ['failed', 'events', 'marker', 'pc'].map((name) => keys[name] ?? '');
  const args = [keys[''] ?? '', ...wake, run, onExpired, ticket, ticketLifeMs, ...ids];
  const [stop, ...results] = (await replayScript.run(client, [...capacityKeys, ...own], args)) as [
    ReplayStop | '',
    ...ReplayResult[],
  ];
  return stop === '' ? { results } : { results, stop };
}

/** Takes a ticket out of the waiter queue. */
export async function leaveWaiterQueue(client: Redis, queue: AdministeredQueue, ticket: string): Promise<void> {
  const { keys, args } = wakeArguments(queue);
  await leaveScript.run(client, keys, [ticket, ...args]);
}
