import { OptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import type { OptionRules } from '../job/options/option-rules.ts';
import type { AdministeredQueue } from '../store/admission/wake-arguments.ts';
import { cancelJob, type CancelOutcome } from '../store/cancel/cancel-job.ts';
import type { RedisOperation } from '../store/connection/redis-connection.ts';
import { actOnJobs, type ActOptions, type ActReport, actRules } from './act-on-jobs.ts';
import { type JobFilter, jobFilterRules, storedFilter } from './job-filter.ts';
import { type CancelOptions, cancelRules, cancelWaitOf } from './queue-admin.ts';

/** How all jobs that match are cancelled. */
export interface CancelJobsOptions extends ActOptions, CancelOptions {}

const rules = { ...actRules, ...cancelRules } satisfies OptionRules<CancelJobsOptions>;

export interface CancelJobsDeps {
  readonly queue: AdministeredQueue;
  call<T>(operation: RedisOperation<T>): Promise<T>;
}

/** Cancels what a filter finds: what is unfinished, unless it names states. Each job is meant as it was found, and no later one of its id. */
export async function cancelJobs(
  { queue, call }: CancelJobsDeps,
  filter: JobFilter,
  options: CancelJobsOptions,
): Promise<ActReport<CancelOutcome>> {
  checkOptions('cancelJobs', jobFilterRules, filter, OptionError);
  checkOptions('cancelJobs', rules, options, OptionError);
  const { waitMs, reason, ...act } = options;
  const stored = storedFilter({ state: ['active', 'waiting', 'delayed'], ...filter });
  const wait = cancelWaitOf({ ...(waitMs !== undefined && { waitMs }), ...(reason !== undefined && { reason }) });
  return actOnJobs({ keys: queue.keys, call }, stored, act, async (jobs) => ({
    results: await Promise.all(
      jobs.map(({ id, head }) => cancelJob(call, queue, id, { ...wait, putAt: String(head.createdAt) })),
    ),
  }));
}
