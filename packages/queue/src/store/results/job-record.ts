import type { Redis } from 'ioredis';
import type { JobFailure } from '../../job/errors/index.ts';
import { jobFields } from '../keys/queue-keys.ts';

/** What a job's hash says. */
export interface JobRecord {
  /** As stored. */
  id: string;
  job: string;
  /** JSON of the payload. */
  data: string;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  /** Attempts that have ended. */
  attempts: number;
  progress: unknown;
  /** JSON of the result, once completed. */
  result: string | null;
  /** Why the last attempt failed; once dead, why the job did. */
  failure: JobFailure | null;
  /** The names of the last worker that took it: the worker's own, and its pool's if it was one of ours. Empty before. */
  workers: string[];
}

const FIELDS = [
  'name',
  'data',
  'timestamp',
  'processedOn',
  'finishedOn',
  'atm',
  'progress',
  'returnvalue',
  'failedReason',
  jobFields.failureCode,
  'pb',
  jobFields.takenBy,
] as const;
type Fields = Record<(typeof FIELDS)[number], string | null>;

const ABSENT = Object.fromEntries(FIELDS.map((name) => [name, null])) as Fields;

/** A record without what may be large. */
export type JobHead = Omit<JobRecord, 'data' | 'progress' | 'result'>;

const LARGE_FIELDS: readonly string[] = ['data', 'progress', 'returnvalue'];
const HEAD_FIELDS = FIELDS.filter((name) => !LARGE_FIELDS.includes(name));

/** Reads jobs in one round trip. A job that is not kept gives null. */
export async function readJobs(client: Redis, base: string, ids: readonly string[]): Promise<(JobRecord | null)[]> {
  return readFields(client, base, ids, FIELDS);
}

/** {@link readJobs}, without what may be large. */
export async function readJobHeads(client: Redis, base: string, ids: readonly string[]): Promise<(JobHead | null)[]> {
  return readFields(client, base, ids, HEAD_FIELDS);
}

async function readFields(
  client: Redis,
  base: string,
  ids: readonly string[],
  names: readonly (typeof FIELDS)[number][],
): Promise<(JobRecord | null)[]> {
  if (ids.length === 0) return [];
  const pipeline = client.pipeline();
  for (const id of ids) pipeline.hmget(`${base}${id}`, ...names);
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, values], index) => {
    if (error) throw error;
    return toRecord(ids[index] ?? '', names, values);
  });
}

function toRecord(id: string, names: readonly string[], values: unknown): JobRecord | null {
  const list = values as (string | null)[];
  const read = Object.fromEntries(names.map((name, index) => [name, list[index] ?? null])) as Partial<Fields>;
  const fields: Fields = { ...ABSENT, ...read };
  if (fields.name === null) return null;
  return {
    id,
    job: fields.name,
    data: fields.data ?? 'null',
    createdAt: Number(fields.timestamp),
    startedAt: numberOrNull(fields.processedOn),
    endedAt: numberOrNull(fields.finishedOn),
    attempts: Number(fields.atm ?? 0),
    progress: parseProgress(fields.progress),
    result: fields.returnvalue,
    failure:
      fields.failedReason === null
        ? null
        : { code: fields[jobFields.failureCode] ?? 'ERROR', message: fields.failedReason },
    workers: workersOf(fields.pb, fields[jobFields.takenBy]),
  };
}

/** @param takenBy `<delivery>:<pool>:<fence>` */
function workersOf(name: string | null, takenBy: string | null): string[] {
  const pool = takenBy === null ? undefined : /^\d+:(.+):\d+$/.exec(takenBy)?.[1];
  return [...new Set([name ?? '', pool ?? ''])].filter((each) => each !== '');
}

function numberOrNull(value: string | null): number | null {
  return value === null ? null : Number(value);
}

function parseProgress(value: string | null): unknown {
  if (value === null) return null;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
