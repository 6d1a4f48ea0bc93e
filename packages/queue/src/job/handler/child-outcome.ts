import { decodeResult } from '../encoding/decode.ts';
import type { JobContract, Result } from '../contracts/job-contract.ts';

/** What is stored of a child, as its parent finds it. Plain data: it can be sent to a thread. */
export interface ChildRecord {
  /** In its caller's form. */
  readonly id: string;
  /** The contract's name. */
  readonly job: string;
  /** See {@link ChildOutcome}. */
  readonly outcome: 'completed' | 'dead' | 'unfinished' | 'gone';
  /** JSON of the result, once completed; why it died. */
  readonly text: string;
}

/**
 * How a child of a job ended, as the handler of its parent sees it.
 *
 * - `completed`: with its result.
 * - `dead`: with the reason, where its `whenDead` is `ignore`, `run-parent` or `fail-parent`.
 * - `unfinished`: it goes on: a child that died had its parent started (`run-parent`).
 * - `gone`: it was removed, or it is dead with `whenDead: 'forget'`.
 */
export type ChildOutcome<C extends JobContract = JobContract> =
  | { readonly id: string; readonly outcome: 'completed'; readonly result: Result<C> }
  | { readonly id: string; readonly outcome: 'dead'; readonly reason: string }
  | { readonly id: string; readonly outcome: 'unfinished' | 'gone' };

/**
 * The children of one contract, in their order.
 *
 * @throws ResultInvalidError when a stored result does not match the contract's schema
 */
export async function childOutcomes<C extends JobContract>(
  job: C,
  records: readonly ChildRecord[],
): Promise<ChildOutcome<C>[]> {
  const own = records.filter((record) => record.job === job.name);
  return Promise.all(own.map((record) => outcomeOf(job, record)));
}

async function outcomeOf<C extends JobContract>(job: C, { id, outcome, text }: ChildRecord): Promise<ChildOutcome<C>> {
  if (outcome === 'completed') return { id, outcome, result: (await decodeResult(job, text)) as Result<C> };
  return outcome === 'dead' ? { id, outcome, reason: text } : { id, outcome };
}
