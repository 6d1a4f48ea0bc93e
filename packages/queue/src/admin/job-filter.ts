import { type PayloadFields, payloadFieldsRule } from '../job/payload-filter.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRule, OptionRules } from '../job/options/option-rules.ts';
import type { StoredFilter } from '../store/jobs/stored-filter.ts';
import { type JobSnapshotState, jobSnapshotStates } from '../store/results/job-snapshot.ts';

/** Which jobs are meant: those for which all holds that is said here. */
export interface JobFilter {
  /**
   * The states: active, waiting, delayed, waiting-children, dead, completed.
   *
   * @default all of them
   */
  state?: JobSnapshotState | readonly JobSnapshotState[];
  /**
   * The contract's name.
   *
   * @default any
   */
  job?: string;
  /**
   * The code of the failure, such as `SLUICE_JOB_TIMEOUT`. An attempt that failed counts as well, while its job is not done.
   *
   * @default any, or none
   */
  code?: string;
  /**
   * The code of the failure, or a part of its message. An attempt that failed counts as well, while its job is not done.
   *
   * @default any, or none
   */
  error?: string;
  /**
   * The worker that took the job last: its name, as the list of pools shows it, or the id of its pool.
   *
   * @default any, or none
   */
  worker?: string;
  /**
   * Only what ended, or was put when it has not ended, at this time or later: a time, or milliseconds since the epoch.
   *
   * @default from the beginning
   */
  since?: number | Date;
  /**
   * Only what ended, or was put when it has not ended, before this time: a time, or milliseconds since the epoch.
   *
   * @default up to now
   */
  before?: number | Date;
  /**
   * Fields of the payload by their paths, each with the value that it must have or with a list of values, of which it must have
   * one: `{ 'to.domain': 'example.com' }`. A number in a path is a position of a list. At most 10 paths. Numbers are compared as
   * they are written; give one that no double holds as a bigint. Reads the payload of each job for which all else holds.
   *
   * @default any
   */
  payload?: PayloadFields;
}

const time: OptionRule = {
  must: 'be a time, or milliseconds since the epoch',
  holds: (value) => (typeof value === 'number' || value instanceof Date) && Number.isFinite(Number(value)),
};

export const jobFilterRules = {
  state: {
    must: `be one of ${jobSnapshotStates.join(', ')}, or a list of them`,
    holds: (value) => statesOf(value).every((state) => jobSnapshotStates.some((known) => known === state)),
  },
  job: optionRule.text,
  code: optionRule.text,
  error: optionRule.text,
  worker: optionRule.text,
  since: time,
  before: time,
  payload: payloadFieldsRule,
} satisfies OptionRules<JobFilter>;

/** A filter that was checked by {@link jobFilterRules}, as the store takes it. */
export function storedFilter({ state, since, before, ...same }: JobFilter): StoredFilter {
  return {
    ...same,
    ...(state !== undefined && { states: statesOf(state) as JobSnapshotState[] }),
    ...(since !== undefined && { sinceMs: Number(since) }),
    ...(before !== undefined && { beforeMs: Number(before) }),
  };
}

function statesOf(state: unknown): readonly unknown[] {
  return Array.isArray(state) ? state : [state];
}
