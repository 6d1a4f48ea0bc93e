import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';

export interface QueueStats {
  /** Unfinished jobs: the sum of the five counts below. */
  depth: number;
  capacity: number;
  /** Jobs above the capacity: put by foreign BullMQ clients, or left when the capacity was lowered. */
  over: number;
  waiting: number;
  prioritized: number;
  delayed: number;
  active: number;
  waitingChildren: number;
  /** Finished jobs that are kept. */
  completed: number;
  dead: number;
  /** Puts of this producer that wait for room. */
  waitingPuts: number;
}

const COUNTS = [
  ['wait', 'llen'],
  ['paused', 'llen'],
  ['prioritized', 'zcard'],
  ['delayed', 'zcard'],
  ['active', 'llen'],
  ['waiting-children', 'zcard'],
  ['completed', 'zcard'],
  ['failed', 'zcard'],
] as const;

/** Reads all counts at one instant, each in O(1). */
export async function readStats(
  client: Redis,
  keys: KeysMap,
  configured: number,
): Promise<Omit<QueueStats, 'waitingPuts'>> {
  const transaction = client.multi();
  for (const [name, command] of COUNTS) transaction[command](keys[name] ?? '');
  transaction.hget(keys['meta'] ?? '', 'sluice.capacity');
  const replies = (await transaction.exec()) ?? [];
  const values = replies.map(([error, value]) => {
    if (error) throw error;
    return Number(value ?? 0);
  });
  const [wait = 0, paused = 0, prioritized = 0, delayed = 0, active = 0, waitingChildren = 0, completed = 0, dead = 0] =
    values;
  const capacity = values[COUNTS.length] || configured;
  const waiting = wait + paused;
  const depth = waiting + prioritized + delayed + active + waitingChildren;
  const over = Math.max(0, depth - capacity);
  return { depth, capacity, over, waiting, prioritized, delayed, active, waitingChildren, completed, dead };
}
