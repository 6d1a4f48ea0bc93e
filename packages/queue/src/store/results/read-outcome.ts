import { decodeResult } from '../../job/encoding/decode.ts';
import { type JobContract, type Result } from '../../job/contracts/job-contract.ts';
import { type JobFailure, ResultExpiredError, UnknownJobError } from '../../job/errors/index.ts';
import { type QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { callerId } from '../keys/queue-keys.ts';
import type { JobRecord } from './job-record.ts';

/** How a job ended. How an attempt ended is an `AttemptOutcome`. */
export type Outcome<C extends JobContract = JobContract> =
  | { outcome: 'completed'; result: Result<C>; attempts: number }
  | { outcome: 'dead'; error: JobFailure; attempts: number };

/**
 * Reads how an ended job ended.
 *
 * @throws ResultInvalidError when the stored result does not match the contract's schema any more
 * @throws UnknownJobError when the queue has no such contract
 */
export async function readOutcome(queue: QueueDefinition, record: JobRecord): Promise<Outcome> {
  const { attempts } = record;
  // A completed job always has a return value, `null` at least; an earlier failed attempt may have left its reason.
  if (record.result !== null) {
    return { outcome: 'completed', result: await decodeResult(contractOf(queue, record.job), record.result), attempts };
  }
  if (record.failure) return { outcome: 'dead', error: record.failure, attempts };
  throw new ResultExpiredError(callerId(record.id));
}

/** @throws UnknownJobError */
export function contractOf(queue: QueueDefinition, name: string): JobContract {
  const contract = queue.jobs.find((job) => job.name === name);
  if (contract) return contract;
  throw new UnknownJobError(
    queue.name,
    name,
    queue.jobs.map((job) => job.name),
  );
}
