import type { JobContract } from './contracts/job-contract.ts';
import type { StoredOptions } from './stored-options.ts';

/** The deadline of each attempt of a job: its own, up to the contract's limit, else the contract's. */
export function attemptTimeout({ sluice }: StoredOptions, { timeoutMs, timeoutMaxMs }: JobContract): number {
  return Math.min(sluice?.t ?? timeoutMs, timeoutMaxMs);
}
