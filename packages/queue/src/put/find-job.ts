import { checkOptions } from '../job/options/check-options.ts';
import { OptionError, ResultExpiredError, ResultTimeoutError } from '../job/errors/index.ts';
import type { EndedJobWaiter } from '../store/results/ended-job-waiter.ts';
import type { JobSnapshot } from '../store/results/job-snapshot.ts';
import { waitRules } from './put-options.ts';

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
}

export interface FindJobDeps {
  readonly endedJobs: Pick<EndedJobWaiter, 'wait'>;
  readonly read: () => Promise<JobSnapshot | null>;
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
  checkOptions('find', waitRules, options, OptionError);
  const { waitMs = 0, signal } = options;
  if (waitMs === 0 || signal?.aborted) return read();
  try {
    await endedJobs.wait(stored, { waitMs, signal });
  } catch (error) {
    const isOver = error instanceof ResultTimeoutError || error instanceof ResultExpiredError || signal?.aborted;
    if (!isOver) throw error;
  }
  return read();
}
