import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { type JobFailure } from '../../job/errors/index.ts';
import { parseExactly } from '../../job/encoding/exact-members.ts';
import { type QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { callerId } from '../keys/queue-keys.ts';
import { type JobRecord, readJobHeads, readJobWithoutPayload } from './job-record.ts';

/** The values of {@link JobSnapshotState}. */
export const jobSnapshotStates = ['active', 'waiting', 'delayed', 'waiting-children', 'dead', 'completed'] as const;

/** Where a job is. `dead` is BullMQ's `failed`. */
export type JobSnapshotState = (typeof jobSnapshotStates)[number];

/** What is known of one job at one instant. JSON-safe. */
export interface JobSnapshot {
  /** The caller's id. */
  id: string;
  /** The contract's name. */
  job: string;
  /** `delayed` covers jobs that back off before their next attempt. */
  state: JobSnapshotState;
  /** Attempts that have ended. */
  attempts: number;
  /** What its handler stored last; null without any. */
  progress: unknown;
  /** The result as stored, once completed; what its contract says is exact JSON is exact. */
  result?: unknown;
  /** Why the job died, or why its last attempt failed. */
  failure?: JobFailure;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** When its last attempt began, in milliseconds since the epoch; null before the first. */
  startedAt: number | null;
  /** When it completed or died, in milliseconds since the epoch; null before. */
  endedAt: number | null;
}

export interface SnapshotSource {
  readonly keys: KeysMap;
  readonly queue: Pick<QueueDefinition, 'jobs'>;
  /** Whether result and progress are read. Default true. */
  readonly result?: boolean;
}

/** Null when the job is not kept. Reads the job's hash, its lock and two sorted sets: O(log n), never a list. */
export async function readSnapshot(
  client: Redis,
  { keys, queue, result = true }: SnapshotSource,
  id: string,
): Promise<JobSnapshot | null> {
  const base = keys[''] ?? '';
  const record = result ? await readJobWithoutPayload(client, base, id) : await readSmallFields(client, base, id);
  if (!record) return null;
  const snapshot: JobSnapshot = {
    id: callerId(id),
    job: record.job,
    state: record.endedAt === null ? await unfinishedState(client, keys, id) : endedState(record.result !== null),
    attempts: record.attempts,
    progress: record.progress,
    createdAt: record.createdAt,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
  };
  if (typeof record.result === 'string') snapshot.result = resultAsStored(queue, record.job, record.result);
  else if (record.result === null && record.failure) snapshot.failure = record.failure;
  return snapshot;
}

const NOT_READ = Symbol('a result that was not read');

/** A record without what may be large. */
async function readSmallFields(
  client: Redis,
  base: string,
  id: string,
): Promise<(Omit<JobRecord, 'data' | 'result'> & { result: null | typeof NOT_READ }) | null> {
  const [head] = await readJobHeads(client, base, [id]);
  if (!head) return null;
  // A completed job may have a failure, too, of an earlier attempt.
  const isCompleted = head.endedAt !== null && (await client.hexists(`${base}${id}`, 'returnvalue')) === 1;
  return { ...head, progress: null, result: isCompleted ? NOT_READ : null };
}

/** Also of a job whose contract the queue does not have any more. */
function resultAsStored(queue: Pick<QueueDefinition, 'jobs'>, name: string, json: string): unknown {
  const contract = queue.jobs.find((job) => job.name === name);
  return contract ? parseExactly(contract.result, json) : JSON.parse(json);
}

function endedState(isCompleted: boolean): JobSnapshotState {
  return isCompleted ? 'completed' : 'dead';
}

async function unfinishedState(client: Redis, keys: KeysMap, id: string): Promise<JobSnapshotState> {
  const [locked, delayed, parent] = await Promise.all([
    client.exists(`${keys['']}${id}:lock`),
    client.zscore(keys['delayed'] ?? '', id),
    client.zscore(keys['waiting-children'] ?? '', id),
  ]);
  if (locked === 1) return 'active';
  if (delayed !== null) return 'delayed';
  return parent === null ? 'waiting' : 'waiting-children';
}
