import type { Backoff, JobContract } from './contracts/job-contract.ts';
import type { StoredOptions } from './stored-options.ts';
import { poolDefaults } from './pool-defaults.ts';

/**
 * How long to wait before the next attempt, in whole milliseconds.
 *
 * @param failed attempts spent, the one that just failed included
 * @param random from 0 to below 1
 */
export function retryDelay(backoff: Backoff, failed: number, random: () => number): number {
  const doublings = backoff.type === 'exponential' ? Math.min(failed - 1, 40) : 0;
  const fullMs = Math.min(backoff.delayMs * 2 ** doublings, poolDefaults.retryDelayMaxMs);
  return Math.floor(fullMs * (1 - backoff.jitter) + random() * fullMs * backoff.jitter);
}

/** The job's own backoff when it was put with one that is known here, else its contract's. */
export function backoffOf(options: StoredOptions, contract: Pick<JobContract, 'retry'>): Backoff {
  const { backoff } = options;
  if (typeof backoff === 'number') return { type: 'fixed', delayMs: backoff, jitter: 0 };
  const type = (['fixed', 'exponential'] as const).find((known) => known === backoff?.type);
  return backoff && type ? { type, delayMs: backoff.delay ?? 0, jitter: backoff.jitter ?? 0 } : contract.retry.backoff;
}

/** How many attempts the job has in all: its own number, else its contract's. */
export function attemptsOf(options: StoredOptions, contract: Pick<JobContract, 'retry'>): number {
  return options.attempts || contract.retry.attempts;
}

/** How long a job that this worker cannot run is put aside: longer each time it comes back, less a random part of up to a quarter. */
export function unknownDelay(timesReleased: number, random: () => number): number {
  const { unknownDelayMinMs, unknownDelayMaxMs } = poolDefaults;
  const fullMs = Math.min(unknownDelayMinMs * 2 ** Math.min(Math.max(timesReleased, 0), 20), unknownDelayMaxMs);
  return Math.ceil(fullMs * (1 - random() / 4));
}
