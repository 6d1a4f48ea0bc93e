import { DefinitionError } from '../errors/index.ts';
import { type JobContract, type Returned } from '../contracts/job-contract.ts';
import { shownValue } from '../options/check-options.ts';
import type { Attempt } from './attempt.ts';

/**
 * Runs one attempt. Returning ends the job with that result; throwing is a failed attempt, tried again while attempts are
 * left; `PermanentJobError` ends it for good; `RetryLaterError` gives it back for a while without spending an attempt.
 */
export type HandlerFunction<C extends JobContract> = (attempt: Attempt<C>) => Promise<Returned<C>> | Returned<C>;

/** A contract and the function that runs its jobs. Made by `defineHandler`. */
export interface Handler<C extends JobContract = JobContract> {
  /** Whose jobs it runs. */
  readonly contract: C;
  /** Runs one attempt. */
  readonly handle: HandlerFunction<C>;
}

/** @throws DefinitionError for callers whose compiler did not look */
export function checkContract(where: string, contract: unknown): void {
  if (isContract(contract)) return;
  throw new DefinitionError(
    `${where}: the first argument must be a contract made by defineJob, not ${shownValue(contract)}`,
  );
}

function isContract(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'name' in value && 'payload' in value && 'retry' in value;
}
