import type { Redis } from 'ioredis';
import type { JobFailure } from '../../job/errors/index.ts';
import { readReplays } from '../dead-letters/replays.ts';
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
] as const;
const LARGE_FIELDS: readonly string[] = ['data', 'progress', 'returnvalue'];
const HEAD_FIELDS = [
  ...FIELDS.filter((name) => !LARGE_FIELDS.includes(name)),
  'pb',
  jobFields.takenBy,
  jobFields.replays,
] as const;

type FieldName = (typeof FIELDS)[number] | (typeof HEAD_FIELDS)[number];
type Fields = Partial<Record<FieldName, string | null>>;

/** A record without what may be large, and with what only lists of jobs need. */
export interface JobHead extends Omit<JobRecord, 'data' | 'progress' | 'result'> {
  /** The name of the worker that took it last; null before. */
  worker: string | null;
  /** The id of that worker's pool; null when it was none of ours. */
  pool: string | null;
  /** How often it was replayed. */
  replays: number;
}

/** Reads jobs in one round trip. A job that is not kept gives null. */
export async function readJobs(client: Redis, base: string, ids: readonly string[]): Promise<(JobRecord | null)[]> {
  const read = await readFields(client, base, ids, FIELDS);
  return read.map((fields, index) => toRecord(ids[index] ?? '', fields));
}

/** Reads a job without its payload, which may be large. Null when it is not kept. */
export async function readJobWithoutPayload(
  client: Redis,
  base: string,
  id: string,
): Promise<Omit<JobRecord, 'data'> | null> {
  const [fields] = await readFields(
    client,
    base,
    [id],
    FIELDS.filter((name) => name !== 'data'),
  );
  return fields ? toRecord(id, fields) : null;
}

/** Reads the heads of jobs in one round trip. A job that is not kept gives null. */
export async function readJobHeads(client: Redis, base: string, ids: readonly string[]): Promise<(JobHead | null)[]> {
  const read = await readFields(client, base, ids, HEAD_FIELDS);
  return read.map((fields, index) => {
    const record = toRecord(ids[index] ?? '', fields);
    if (!record) return null;
    const { data: _, progress: __, result: ___, ...head } = record;
    const pool = poolOf(fields[jobFields.takenBy] ?? null);
    return { ...head, worker: fields.pb ?? null, pool, replays: readReplays(fields[jobFields.replays] ?? null).count };
  });
}

async function readFields(
  client: Redis,
  base: string,
  ids: readonly string[],
  names: readonly FieldName[],
): Promise<Fields[]> {
  if (ids.length === 0) return [];
  const pipeline = client.pipeline();
  for (const id of ids) pipeline.hmget(`${base}${id}`, ...names);
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, values]) => {
    if (error) throw error;
    const list = values as (string | null)[];
    return Object.fromEntries(names.map((name, index) => [name, list[index] ?? null]));
  });
}

function toRecord(id: string, fields: Fields): JobRecord | null {
  if (typeof fields.name !== 'string') return null;
  const reason = fields.failedReason ?? null;
  return {
    id,
    job: fields.name,
    data: fields.data ?? 'null',
    createdAt: Number(fields.timestamp),
    startedAt: numberOrNull(fields.processedOn),
    endedAt: numberOrNull(fields.finishedOn),
    attempts: Number(fields.atm ?? 0),
    progress: parseProgress(fields.progress ?? null),
    result: fields.returnvalue ?? null,
    failure: reason === null ? null : { code: fields[jobFields.failureCode] ?? 'ERROR', message: reason },
  };
}

/** @param takenBy `<delivery>:<pool>:<fence>` */
function poolOf(takenBy: string | null): string | null {
  return /^\d+:(.+):\d+$/.exec(takenBy ?? '')?.[1] ?? null;
}

function numberOrNull(value: string | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function parseProgress(value: string | null): unknown {
  if (value === null) return null;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
