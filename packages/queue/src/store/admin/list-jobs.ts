import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { callerId } from '../keys/queue-keys.ts';
import { type JobHead, readJobHeads } from '../results/job-record.ts';
import type { JobSnapshot, JobSnapshotState } from '../results/job-snapshot.ts';

/** One of many jobs: without what may be large. JSON-safe. */
export type ListedJob = Omit<JobSnapshot, 'result' | 'progress'>;

/** A part of the jobs of a queue, in the order of the list. */
export interface JobsPage {
  /** The jobs that were asked for, at most `limit`. */
  jobs: ListedJob[];
  /** Where the next page begins; null when there is none. */
  next: string | null;
  /** How many jobs were looked at. */
  looked: number;
}

/** Which jobs are asked for; what is absent holds for every job. */
export interface JobFilter {
  readonly states?: readonly JobSnapshotState[];
  readonly job?: string;
  /** A code, or part of a message. */
  readonly error?: string;
  readonly sinceMs?: number;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
}

/** A list or sorted set of ids. Its jobs come in the order in which they would be taken; those that ended, the last one first. */
interface Source {
  readonly key: string;
  readonly state: JobSnapshotState;
  readonly kind: 'list' | 'first-due' | 'last-ended';
}

const sources: readonly Source[] = [
  { key: 'active', state: 'active', kind: 'list' },
  { key: 'wait', state: 'waiting', kind: 'list' },
  { key: 'paused', state: 'waiting', kind: 'list' },
  { key: 'prioritized', state: 'waiting', kind: 'first-due' },
  { key: 'delayed', state: 'delayed', kind: 'first-due' },
  { key: 'waiting-children', state: 'waiting-children', kind: 'first-due' },
  { key: 'failed', state: 'dead', kind: 'last-ended' },
  { key: 'completed', state: 'completed', kind: 'last-ended' },
];

/** The most jobs that one page looks at, and that are read in one round trip. */
const LOOKED_MAX = 5_000;
const READ_MAX = 250;

/** Where a page goes on: in which source, behind how many jobs. */
interface Position {
  source: number;
  offset: number;
}

/**
 * Reads a page, in calls of a bounded size: ids of a range, then the fields of their hashes that are small. A job that moves while
 * it reads may be missing, or come twice.
 *
 * @returns undefined where the cursor is none
 */
export async function listJobs(
  client: Redis,
  keys: KeysMap,
  filter: JobFilter,
  { limit, cursor }: PageRequest,
): Promise<JobsPage | undefined> {
  const asked = sources.filter(({ state }) => filter.states?.includes(state) ?? true);
  let at = cursor === undefined ? { source: 0, offset: 0 } : readCursor(asked, cursor);
  if (!at) return undefined;
  const page: JobsPage = { jobs: [], next: null, looked: 0 };
  for (let source = asked[at.source]; source; source = asked[at.source]) {
    if (page.jobs.length === limit || page.looked >= LOOKED_MAX) return { ...page, next: writeCursor(source, at) };
    at = await readOn(client, keys, { source, at, filter, limit, page });
  }
  return page;
}

interface Step {
  readonly source: Source;
  readonly at: Position;
  readonly filter: JobFilter;
  readonly limit: number;
  readonly page: JobsPage;
}

/** Reads the next jobs of a source into the page. Returns where to go on. */
async function readOn(client: Redis, keys: KeysMap, step: Step): Promise<Position> {
  const { source, at, filter, limit, page } = step;
  const nextSource = { source: at.source + 1, offset: 0 };
  const most = Math.min(READ_MAX, LOOKED_MAX - page.looked);
  const ids = await readIds(client, keys[source.key] ?? '', { kind: source.kind, from: at.offset, most });
  const heads = await readJobHeads(client, keys[''] ?? '', ids);
  for (const [index, head] of heads.entries()) {
    if (page.jobs.length === limit) return { ...at, offset: at.offset + index };
    page.looked += 1;
    if (!head) continue; // removed meanwhile
    if (source.kind === 'last-ended' && (head.endedAt ?? 0) < (filter.sinceMs ?? 0)) return nextSource;
    if (matches(head, filter)) page.jobs.push(listed(head, source.state));
  }
  return ids.length < most ? nextSource : { ...at, offset: at.offset + ids.length };
}

/** The lists grow at their head, and are taken from at their tail. */
async function readIds(
  client: Redis,
  key: string,
  { kind, from, most }: { kind: Source['kind']; from: number; most: number },
): Promise<string[]> {
  const range = [String(from), String(from + most - 1)] as const;
  if (kind === 'first-due') return client.zrange(key, ...range);
  if (kind === 'last-ended') return client.zrange(key, ...range, 'REV');
  return (await client.lrange(key, -from - most, -from - 1)).toReversed();
}

function matches(head: JobHead, { job, error, sinceMs }: JobFilter): boolean {
  if (job !== undefined && head.job !== job) return false;
  if (sinceMs !== undefined && (head.endedAt ?? head.createdAt) < sinceMs) return false;
  if (error === undefined) return true;
  return head.failure !== null && (head.failure.code === error || head.failure.message.includes(error));
}

function listed(
  { id, job, attempts, failure, createdAt, startedAt, endedAt }: JobHead,
  state: JobSnapshotState,
): ListedJob {
  const listing: ListedJob = { id: callerId(id), job, state, attempts, createdAt, startedAt, endedAt };
  // What failed before the attempt that completed says nothing any more.
  return failure && state !== 'completed' ? { ...listing, failure } : listing;
}

function writeCursor({ key }: Source, { offset }: Position): string {
  return `${key}:${offset}`;
}

function readCursor(asked: readonly Source[], cursor: string): Position | undefined {
  const [, key, offset] = /^([a-z-]+):(\d{1,12})$/.exec(cursor) ?? [];
  const source = asked.findIndex((each) => each.key === key);
  return source < 0 ? undefined : { source, offset: Number(offset) };
}
