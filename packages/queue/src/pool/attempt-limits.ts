import { type JobContract, JobTimeoutError } from '@sluice/shared';
import { JobExpiredError } from './attempt-errors.ts';
import type { StoredOptions } from './delivery.ts';
import type { RunLimits } from './handler-run.ts';

/** The times of an attempt that starts now: the job's own timeout over the contract's, and never beyond the job's expiry. */
export function attemptLimits({ sluice }: StoredOptions, contract: JobContract, nowMs: number): RunLimits {
  const expiresAtMs = sluice?.e ?? Infinity;
  const expiresInMs = Math.max(expiresAtMs - nowMs, 1);
  const timeoutMaxMs = Math.min(contract.timeoutMaxMs, expiresInMs);
  return {
    timeoutMs: Math.min(sluice?.t ?? contract.timeoutMs, timeoutMaxMs),
    timeoutMaxMs,
    graceMs: contract.graceMs,
    reasonAfter: (timeoutMs) =>
      timeoutMs >= expiresInMs ? new JobExpiredError(expiresAtMs) : new JobTimeoutError(timeoutMs),
  };
}
