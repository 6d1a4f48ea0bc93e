// The lease thread loads this: little else.
import { truncateBytes } from '../../job/failure-record.ts';
import type { JobFailure } from '../../job/errors/index.ts';
import { jobFields } from '../keys/queue-keys.ts';

/** An attempt that failed. JSON-safe. */
export interface FailedAttempt {
  /** The number of the delivery, counted from the put on, over replays too. */
  delivery: number;
  /** The number of the attempt, from 1; counted anew after a replay. */
  attempt: number;
  /** When it failed, in milliseconds since the epoch. */
  at: number;
  /** The stable code of its error. */
  code: string;
  /** At most 500 bytes. */
  message: string;
  /** The name of the worker that ran it. */
  worker: string;
}

/** So many failed attempts are kept of a job, the last ones: each in a field of its own, so that none has to be read to write one. */
const FAILED_ATTEMPTS_KEPT = 10;
const MESSAGE_MAX_BYTES = 500;

interface Ran {
  readonly delivery: number;
  readonly attempt: number;
  readonly worker: string;
}

/** The field of the job's hash that keeps a failed attempt, and its value. */
export function failedAttemptField(
  { delivery, attempt, worker }: Ran,
  failure: JobFailure,
  atMs: number,
): [string, string] {
  const message = truncateBytes(failure.message, MESSAGE_MAX_BYTES);
  const kept = [delivery, attempt, Math.floor(atMs), failure.code, message, worker];
  return [`${jobFields.failedAttempt}${delivery % FAILED_ATTEMPTS_KEPT}`, JSON.stringify(kept)];
}

/** The fields in which failed attempts are kept. */
export const failedAttemptFields: readonly string[] = Array.from(
  { length: FAILED_ATTEMPTS_KEPT },
  (_, n) => `${jobFields.failedAttempt}${n}`,
);

/** The attempts in these fields, the first one first. */
export function readFailedAttempts(values: readonly (string | null)[]): FailedAttempt[] {
  return values.flatMap((value) => parse(value) ?? []).toSorted((a, b) => a.delivery - b.delivery);
}

function parse(value: string | null): FailedAttempt | undefined {
  if (value === null) return undefined;
  try {
    const [delivery, attempt, at, code, message, worker] = JSON.parse(value) as unknown[];
    const isRead = [delivery, attempt, at].every(Number.isFinite) && [code, message, worker].every(isText);
    return isRead ? ({ delivery, attempt, at, code, message, worker } as FailedAttempt) : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
