import { type JobContract } from '../job/contracts/job-contract.ts';
import { JobTimeoutError, JobExpiredError } from '../job/errors/index.ts';
import { attemptTimeout } from '../job/attempt-timeout.ts';
import type { StoredOptions } from '../job/stored-options.ts';
import type { RunLimits } from './handler-run.ts';

/** The times of an attempt that starts now: the job's own timeout over the contract's, and never beyond the job's expiry. */
export function attemptLimits(options: StoredOptions, contract: JobContract, nowMs: number): RunLimits {
  const expiresAtMs = options.sluice?.e;
  if (expiresAtMs === undefined && options.sluice?.t === undefined) return contract;
  const expiresInMs = Math.max((expiresAtMs ?? Infinity) - nowMs, 1);
  return {
    timeoutMs: Math.min(attemptTimeout(options, contract), expiresInMs),
    timeoutMaxMs: Math.min(contract.timeoutMaxMs, expiresInMs),
    graceMs: contract.graceMs,
    reasonAfter: (timeoutMs) =>
      expiresAtMs !== undefined && timeoutMs >= expiresInMs
        ? new JobExpiredError(expiresAtMs)
        : new JobTimeoutError(timeoutMs),
  };
}
