import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';

/** What BullMQ's stream says of a job. */
export interface JobEventEntry {
  /** In milliseconds since the epoch. */
  readonly at: number;
  /** BullMQ's name of the event. */
  readonly event: string;
  /** BullMQ's name of the state before. */
  readonly prev: string | null;
  /** Of a job that is delayed: until when, in milliseconds since the epoch. */
  readonly until: number | null;
}

export interface JobEvents {
  readonly entries: readonly JobEventEntry[];
  /** How many events of the queue were looked at. */
  readonly looked: number;
  /** Whether the stream was read to its end. */
  readonly isWhole: boolean;
}

const script = new RedisScript(() => ourScript('read-job-events'));

/** The most entries that one call looks at. On busy cores that took Redis 5 to 20 ms: see docs/operations.md. */
const CALL_MAX = 1_000;
/** Ours keep some 10,000; other clients may keep more. */
const LOOKED_MAX = 20_000;

/** How far the clocks of clients and of Redis may be apart. */
export const CLOCKS_APART_MS = 60_000;

/** @param sinceMs when the job was put; 0 for all that is kept */
export async function readJobEvents(client: Redis, keys: KeysMap, id: string, sinceMs: number): Promise<JobEvents> {
  const entries: JobEventEntry[] = [];
  let looked = 0;
  // The putter's clock may be a little ahead of Redis's.
  let from: string | null = String(Math.max(0, sinceMs - CLOCKS_APART_MS));
  while (from !== null && looked < LOOKED_MAX) {
    const reply = await script.run(client, [keys['events'] ?? ''], [id, from, CALL_MAX]);
    const [found, count, last] = reply as [readonly EventReply[], number, string | null];
    entries.push(...found.map(readEntry));
    looked += count;
    from = last === null ? null : `(${last}`;
  }
  return { entries, looked, isWhole: from === null };
}

type EventReply = readonly [id: string, event: string, prev: string | null, delay: string | null];

function readEntry([id, event, prev, delay]: EventReply): JobEventEntry {
  return { at: Number(id.split('-')[0]), event, prev, until: delay === null ? null : Number(delay) };
}
