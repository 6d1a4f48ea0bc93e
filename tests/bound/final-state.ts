import type { FinalState } from '@sluice/testing';
import type { Redis } from 'ioredis';
import { storedQueueName } from './bound-queue.ts';

/** What the queue's own lists and sets hold, read from Redis itself, with the ids that callers gave. */
export async function readFinalState(client: Redis): Promise<{ unfinished: string[]; settled: string[] }> {
  const key = (part: string): string => `bull:${storedQueueName}:${part}`;
  const lists = ['wait', 'active', 'paused'].map((part) => client.lrange(key(part), 0, -1));
  const waitingSets = ['prioritized', 'delayed', 'waiting-children'].map((part) => client.zrange(key(part), 0, '-1'));
  const endedSets = ['completed', 'failed'].map((part) => client.zrange(key(part), 0, '-1'));
  return {
    unfinished: (await Promise.all([...lists, ...waitingSets])).flat().map(callerId),
    settled: (await Promise.all(endedSets)).flat().map(callerId),
  } satisfies FinalState;
}

function callerId(stored: string): string {
  return decodeURIComponent(stored.replace(/^k\./, ''));
}
