import { encodeResult } from '../job/encoding/encode.ts';
import {
  JobCancelledError,
  JobInterruptedError,
  JobTimeoutError,
  LeaseLostError,
  type PermanentJobError,
  ResultInvalidError,
  type RetryLaterError,
  TooLargeError,
  JobExpiredError,
} from '../job/errors/index.ts';
import { type JobContract } from '../job/contracts/job-contract.ts';
import type { Delivery } from '../job/delivery.ts';
import { recordFailure } from '../job/failure-record.ts';
import type { Ending } from './handler-run.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import { poolDefaults } from '../job/pool-defaults.ts';
import { attemptsOf, backoffOf, retryDelay } from '../job/retry-delay.ts';
import { ThreadResult } from '../threads/shared/thread-result.ts';

const permanentCode = 'SLUICE_PERMANENT' satisfies PermanentJobError['code'];
const retryLaterCode = 'SLUICE_RETRY_LATER' satisfies RetryLaterError['code'];

/** What a delivery's ending is classified by. */
export interface Case {
  readonly delivery: Delivery;
  readonly contract: JobContract;
  readonly random: () => number;
}

/** Decides what becomes of a job whose handler ended like this. */
export function classifyEnding(ending: Ending, at: Case): AttemptOutcome | Promise<AttemptOutcome> {
  switch (ending.how) {
    case 'returned':
      return acknowledge(ending.value, at);
    case 'threw':
      return classify(ending.error, ending.abortedBy, at);
    case 'abandoned':
      return classify(ending.abortedBy, ending.abortedBy, at);
    default:
      return ending satisfies never;
  }
}

function acknowledge(value: unknown, at: Case): AttemptOutcome | Promise<AttemptOutcome> {
  const completed = ({ json }: { json: string }): AttemptOutcome => ({ kind: 'completed', result: json });
  try {
    const encoded = value instanceof ThreadResult ? { json: value.read() } : encodeResult(at.contract, value);
    return encoded instanceof Promise
      ? encoded.then(completed, (error: unknown) => refuse(error, at))
      : completed(encoded);
  } catch (error) {
    return refuse(error, at);
  }
}

function refuse(error: unknown, at: Case): AttemptOutcome {
  // The same handler would give the same result again.
  const hopeless = error instanceof ResultInvalidError || error instanceof TooLargeError;
  return hopeless ? { kind: 'dead', failure: recordFailure(error) } : failed(error, at);
}

function classify(error: unknown, abortedBy: Error | null, at: Case): AttemptOutcome {
  if (abortedBy instanceof JobCancelledError) return { kind: 'cancelled', failure: recordFailure(abortedBy) };
  if (isPermanent(error)) return { kind: 'dead', failure: recordFailure(error) };
  if (abortedBy instanceof JobExpiredError) return { kind: 'expired', failure: recordFailure(abortedBy) };
  if (isRetryLater(error)) return putAside(error);
  if (isNobodysFault(abortedBy)) return { kind: 'released', reason: recordFailure(abortedBy), delayMs: 0 };
  if (abortedBy instanceof JobTimeoutError) return failed(timedOut(abortedBy, error), at);
  return failed(error, at);
}

/** By its code and not by its class: a handler may come from a project that has a copy of this library of its own. */
function isPermanent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === permanentCode;
}

/** As {@link isPermanent} does. */
function isRetryLater(error: unknown): error is Pick<RetryLaterError, 'delayMs'> {
  if (!(error instanceof Error) || !('code' in error) || error.code !== retryLaterCode) return false;
  return 'delayMs' in error && typeof error.delayMs === 'number' && error.delayMs >= 0;
}

function isNobodysFault(abortedBy: Error | null): boolean {
  return abortedBy instanceof JobInterruptedError || abortedBy instanceof LeaseLostError;
}

/** After the deadline every error is the deadline's: libraries wrap an abort in errors of their own. */
function timedOut(timeout: JobTimeoutError, thrown: unknown): JobTimeoutError {
  if (thrown !== timeout && timeout.cause === undefined) timeout.cause = thrown;
  return timeout;
}

function putAside(error: Pick<RetryLaterError, 'delayMs'>): AttemptOutcome {
  const delayMs = Math.min(Math.ceil(error.delayMs), poolDefaults.retryDelayMaxMs);
  return { kind: 'released', reason: recordFailure(error), delayMs };
}

/** A failed attempt: another one while there are any left. */
export function failed(error: unknown, { delivery, contract, random }: Case): AttemptOutcome {
  const failure = recordFailure(error);
  const spent = delivery.attemptsMade + 1;
  if (spent >= attemptsOf(delivery.options, contract)) return { kind: 'dead', failure };
  return { kind: 'retried', failure, delayMs: retryDelay(backoffOf(delivery.options, contract), spent, random) };
}
