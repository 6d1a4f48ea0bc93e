import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '@sluice/testing/servers';
import type { Redis } from 'ioredis';
import { watchedQueue } from '../programs/chaos-queue.ts';

/** What Redis holds at the end of a run. */
export interface Leftovers {
  /** Every key of the queue, without the queue's prefix, and how long it still lives; -1: it does not expire. */
  keys: { key: string; livesMs: number }[];
  /** Stored ids in the lists and sets of unfinished jobs. */
  unfinished: string[];
  /** Stored ids of ended jobs that are kept. */
  kept: string[];
}

const base = `bull:${watchedQueue.storedName}:`;

/** How long the queue may take to be empty: retries, long jobs, leases that must expire. */
const emptyWithinMs = 90_000;
/** The hash of tickets lives for 30 s after its last use. All other keys of the waiter queue expire sooner. */
const noTicketsWithinMs = 45_000;

/** Waits until no job is unfinished and no put waits. Gives up after a time; the checkers report what is left. */
export async function untilEmpty(server: TestServer, signal: AbortSignal): Promise<void> {
  const client = await server.client();
  try {
    await until(async () => (await readUnfinished(client)).length === 0, emptyWithinMs, signal);
    const waiting = ['sluice:waiters', 'sluice:tickets'].map((part) => `${base}${part}`);
    await until(async () => (await client.exists(...waiting)) === 0, noTicketsWithinMs, signal);
  } finally {
    client.disconnect();
  }
}

export async function readLeftovers(server: TestServer): Promise<Leftovers> {
  const client = await server.client();
  try {
    const names = (await client.keys('*')).toSorted();
    const lives = await Promise.all(names.map((name) => client.pttl(name)));
    const ended = await Promise.all(['completed', 'failed'].map((part) => client.zrange(`${base}${part}`, '0', '-1')));
    const keys = names.map((key, index) => ({ key: key.replace(base, ''), livesMs: lives[index] ?? -1 }));
    return { keys, unfinished: await readUnfinished(client), kept: ended.flat() };
  } finally {
    client.disconnect();
  }
}

async function readUnfinished(client: Redis): Promise<string[]> {
  // In one transaction: a job that moves between two reads would be in neither.
  const reads = client.multi();
  for (const part of ['wait', 'active', 'paused']) reads.lrange(`${base}${part}`, 0, -1);
  for (const part of ['prioritized', 'delayed', 'waiting-children']) reads.zrange(`${base}${part}`, '0', '-1');
  return ((await reads.exec()) ?? []).flatMap(([, ids]) => ids as string[]);
}

async function until(holds: () => Promise<boolean>, withinMs: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds()) && performance.now() < deadline) await sleep(100, undefined, { signal });
}
