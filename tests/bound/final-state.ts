import type { FinalState } from '@sluice/testing';
import type { Redis } from 'ioredis';
import { storedQueueName } from './bound-queue.ts';

const LISTS = ['wait', 'active', 'paused'];
const WAITING_SETS = ['prioritized', 'delayed', 'waiting-children'];
const ENDED_SETS = ['completed', 'failed'];

/**
 * What the queue's own lists and sets hold, read from Redis itself, with the ids that callers gave. In one transaction: a job
 * that moves meanwhile would be seen in two of them, or in none.
 */
export async function readFinalState(client: Redis): Promise<{ unfinished: string[]; settled: string[] }> {
  const key = (part: string): string => `bull:${storedQueueName}:${part}`;
  const reads = client.multi();
  for (const part of LISTS) reads.lrange(key(part), 0, -1);
  for (const part of [...WAITING_SETS, ...ENDED_SETS]) reads.zrange(key(part), 0, '-1');
  const members = ((await reads.exec()) ?? []).map(([, ids]) => (ids as string[]).map(callerId));
  const unfinished = LISTS.length + WAITING_SETS.length;
  return {
    unfinished: members.slice(0, unfinished).flat(),
    settled: members.slice(unfinished).flat(),
  } satisfies FinalState;
}

function callerId(stored: string): string {
  return decodeURIComponent(stored.replace(/^k\./, ''));
}
