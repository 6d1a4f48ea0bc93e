import { checkOptions } from '../job/options/check-options.ts';
import { OptionError, ResultExpiredError, ResultTimeoutError } from '../job/errors/index.ts';
import type { EndedJobWaiter } from '../store/results/ended-job-waiter.ts';
import type { JobSnapshot } from '../store/results/job-snapshot.ts';
import * as optionRule from '../job/options/option-rules.ts';
import { waitRules } from './put-options.ts';

const findRules = { ...waitRules, result: optionRule.yesOrNo };

/** Until when a look at a job waits. */
export interface FindOptions {
  /**
   * How long to wait for the job to end, in milliseconds up to 2,147,483,647; `Infinity` for as long as it takes.
   *
   * @default 0: the job as it is now
   */
  waitMs?: number;
  /**
   * Ends the wait: what is known of the job by then is returned.
   *
   * @default none
   */
  signal?: AbortSignal;
  /**
   * Whether its result and progress, which may be large, are read; else the one is left out, and the other is null.
   *
   * @default true
   */
  result?: boolean;
}

export interface FindJobDeps {
  readonly endedJobs: Pick<EndedJobWaiter, 'waitForEnd'>;
  readonly read: (what: { result: boolean }) => Promise<JobSnapshot | null>;
}

/**
 * Reads a job, once it has ended or need not be waited for any longer.
 *
 * @param stored its id as it is stored
 * @throws OptionError when an option is out of its range, or unknown
 */
export async function findJob(
  { endedJobs, read }: FindJobDeps,
  stored: string,
  options: FindOptions,
): Promise<JobSnapshot | null> {
  checkOptions('find', findRules, options, OptionError);
  const { waitMs = 0, signal, result = true } = options;
  if (waitMs === 0 || signal?.aborted) return read({ result });
  try {
    await endedJobs.waitForEnd(stored, { waitMs, signal });
  } catch (error) {
    const isOver = error instanceof ResultTimeoutError || error instanceof ResultExpiredError || signal?.aborted;
    if (!isOver) throw error;
  }
  return read({ result });
}
