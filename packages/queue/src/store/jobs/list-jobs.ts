import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { isHeldBack } from '../limits/held-back.ts';
import { callerId } from '../keys/queue-keys.ts';
import type { JobHead } from '../results/job-record.ts';
import type { JobSnapshot, JobSnapshotState } from '../results/job-snapshot.ts';
import { countJobs, type JobSource, sourcesOf } from './job-sources.ts';
import { FilteredJobs, READ_MAX, type StoredFilter } from './stored-filter.ts';

/** One of many jobs: without what may be large. JSON-safe. */
export interface ListedJob extends Omit<JobSnapshot, 'result' | 'progress'> {
  /** The name of the worker that took it last; null before the first. */
  worker: string | null;
  /** How often it was replayed after it had died. */
  replays: number;
  /** Present when a limit or a pause of its contract holds the job back: it starts as soon as that lets it. */
  heldBack?: true;
}

/** A part of the jobs of a queue, in the order of the list. */
export interface JobsPage {
  /** The jobs that were asked for, at most `limit`. */
  jobs: ListedJob[];
  /** Where the next page begins; null when there is none. */
  next: string | null;
  /** How many jobs this page looked at. */
  looked: number;
  /** How many jobs there are in the states that were asked for, at the time of this page. */
  total: number;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
}

/** The most jobs that one page looks at, and the bytes of payloads after which it looks no further. */
const LOOKED_MAX = 5_000;
const PAYLOADS_MAX_BYTES = 32 * 1024 * 1024;

/** Where a page goes on: in which source, behind how many jobs. */
interface Position {
  source: number;
  offset: number;
}

/**
 * Reads a page, in calls of a bounded size: ids of a range, then the fields of their hashes that are small. Jobs come in the order
 * in which they would be taken; those that ended, the last one first. A job that moves while it reads may be missing, or come twice.
 *
 * @returns undefined where the cursor is none
 */
export async function listJobs(
  client: Redis,
  keys: KeysMap,
  filter: StoredFilter,
  { limit, cursor }: PageRequest,
): Promise<JobsPage | undefined> {
  const asked = sourcesOf(filter.states);
  let at = cursor === undefined ? { source: 0, offset: 0 } : readCursor(asked, cursor);
  if (!at) return undefined;
  const page: JobsPage = { jobs: [], next: null, looked: 0, total: await countJobs(client, keys, asked) };
  const jobs = new FilteredJobs(filter);
  for (let source = asked[at.source]; source; source = asked[at.source]) {
    const isLong = page.looked >= LOOKED_MAX || jobs.payloadBytes >= PAYLOADS_MAX_BYTES;
    if (page.jobs.length === limit || isLong) return { ...page, next: writeCursor(source, at) };
    at = await readOn(client, keys, { source, at, filter, jobs, limit, page });
  }
  return page;
}

interface Step {
  readonly source: JobSource;
  readonly at: Position;
  readonly filter: StoredFilter;
  readonly jobs: FilteredJobs;
  readonly limit: number;
  readonly page: JobsPage;
}

/** Reads the next jobs of a source into the page. Returns where to go on. */
async function readOn(client: Redis, keys: KeysMap, step: Step): Promise<Position> {
  const { source, at, filter, jobs, limit, page } = step;
  const nextSource = { source: at.source + 1, offset: 0 };
  const most = Math.min(READ_MAX, LOOKED_MAX - page.looked);
  const members = await readMembers(client, keys[source.key] ?? '', { kind: source.kind, from: at.offset, most });
  const ids = members.map(({ id }) => id);
  const read = await jobs.read(client, keys[''] ?? '', ids);
  for (const [index, { head, isMatch }] of read.entries()) {
    if (page.jobs.length === limit) return { ...at, offset: at.offset + index };
    page.looked += 1;
    if (!head) continue; // removed meanwhile
    if (source.kind === 'last-ended' && (head.endedAt ?? 0) < (filter.sinceMs ?? 0)) return nextSource;
    const held = source.state === 'delayed' && isHeldBack(members[index]?.score);
    if (isMatch) page.jobs.push({ ...listedJob(head, source.state), ...(held && { heldBack: true }) });
  }
  return ids.length < most ? nextSource : { ...at, offset: at.offset + ids.length };
}

/** Those of a list have no score. */
async function readMembers(
  client: Redis,
  key: string,
  { kind, from, most }: { kind: JobSource['kind']; from: number; most: number },
): Promise<{ id: string; score?: string }[]> {
  const range = [String(from), String(from + most - 1)] as const;
  if (kind === 'list') return (await client.lrange(key, -from - most, -from - 1)).toReversed().map((id) => ({ id }));
  if (kind === 'last-ended') return (await client.zrange(key, ...range, 'REV')).map((id) => ({ id }));
  const scored = await client.zrange(key, ...range, 'WITHSCORES');
  return scored.flatMap((id, at) => (at % 2 === 0 ? [{ id, score: scored[at + 1] ?? '' }] : []));
}

function listedJob(
  { id, job, attempts, failure, createdAt, startedAt, endedAt, worker, replays }: JobHead,
  state: JobSnapshotState,
): ListedJob {
  const listing: ListedJob = { id: callerId(id), job, state, attempts, createdAt, startedAt, endedAt, worker, replays };
  // What failed before the attempt that completed says nothing any more.
  return failure && state !== 'completed' ? { ...listing, failure } : listing;
}

function writeCursor({ key }: JobSource, { offset }: Position): string {
  return `${key}:${offset}`;
}

function readCursor(asked: readonly JobSource[], cursor: string): Position | undefined {
  const [, key, offset] = /^([a-z-]+):(\d{1,12})$/.exec(cursor) ?? [];
  const source = asked.findIndex((each) => each.key === key);
  return source < 0 ? undefined : { source, offset: Number(offset) };
}
