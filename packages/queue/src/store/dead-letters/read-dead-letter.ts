import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { type JobDetails, readDetails, storedIdsOf } from '../jobs/job-details.ts';
import { jobFields } from '../keys/queue-keys.ts';
import { type FailedAttempt, failedAttemptFields, readFailedAttempts } from '../results/failed-attempts.ts';
import { readReplays, type Replays } from './replays.ts';

/** All that is known of a dead letter. JSON-safe. */
export interface DeadLetterDetails extends JobDetails {
  /** The last attempts that failed, 10 at most, the first one first; also those before a replay. */
  failedAttempts: FailedAttempt[];
  /** Stack traces as BullMQ keeps them, the last one last; the oldest go when they get too many. */
  stacks: string[];
  /** How often it was delivered to a worker. */
  deliveries: number;
  /** The name of the worker that took it last; null when none did. */
  worker: string | null;
  /** How often it was replayed, and why it had died before the last time. */
  replays: Replays;
}

/** Null when the job is not dead, or not kept. */
export async function readDeadLetter(
  client: Redis,
  of: { keys: KeysMap; queue: Pick<QueueDefinition, 'jobs'> },
  id: string,
): Promise<DeadLetterDetails | null> {
  const details = await readDetails(client, of, id);
  if (details?.state !== 'dead') return null;
  const stored = await findDead(client, of.keys, id);
  if (stored === null) return null;
  const names = [...failedAttemptFields, 'stacktrace', 'ats', 'pb', jobFields.replays];
  const values = await client.hmget(`${of.keys['']}${stored}`, ...names);
  const [stacks, deliveries, worker, replays] = values.slice(failedAttemptFields.length);
  return {
    ...details,
    failedAttempts: readFailedAttempts(values.slice(0, failedAttemptFields.length)),
    stacks: parseStacks(stacks ?? null),
    deliveries: Number(deliveries ?? 0),
    worker: worker ?? null,
    replays: readReplays(replays ?? null),
  };
}

/** The id of a dead letter as it is stored; null when there is none. */
export async function findDead(client: Redis, keys: KeysMap, id: string): Promise<string | null> {
  for (const stored of storedIdsOf(keys, id)) {
    if ((await client.zscore(keys['failed'] ?? '', stored)) !== null) return stored;
  }
  return null;
}

function parseStacks(json: string | null): string[] {
  try {
    const parsed: unknown = JSON.parse(json ?? '[]');
    return Array.isArray(parsed) ? parsed.filter((stack) => typeof stack === 'string') : [];
  } catch {
    return [];
  }
}
