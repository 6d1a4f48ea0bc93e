import type { JobContract, PayloadInput } from '../contracts/job-contract.ts';
import { isName, nameRule } from '../contracts/name.ts';
import { shownValue } from '../options/check-options.ts';
import { isObject } from '../options/option-rules.ts';
import type { Cadence } from './cadence.ts';
import { type ScheduleOptions, scheduleSettings } from './schedule-options.ts';

/** A schedule of a queue's definition: the name of a contract, a payload for it, when it is due, and options. */
export type ScheduleDefinition<C extends JobContract = JobContract> = C extends JobContract
  ? ScheduleOptions & Cadence & { readonly job: C['name']; readonly payload: PayloadInput<C> }
  : never;

/** By their names: 1 to 100 of `A-Z a-z 0-9 . _ -`. */
export type ScheduleDefinitions<C extends JobContract = JobContract> = Readonly<Record<string, ScheduleDefinition<C>>>;

/** What a definition consists of. */
export interface ScheduleParts {
  readonly contract: JobContract;
  readonly payload: unknown;
  readonly cadence: Cadence;
  readonly options: ScheduleOptions;
}

/** What is wrong with a schedule of this name; null for nothing. */
export function scheduleProblem(name: unknown, given: unknown, jobs: readonly JobContract[]): string | null {
  if (!isName(name)) return `the name of a schedule must be ${nameRule}, not ${shownValue(name)}`;
  if (!isObject(given)) return `schedule ${name} must be an object`;
  const contract = jobs.find((job) => job.name === given['job']);
  if (!contract) return `schedule ${name}: job must be one of ${jobs.map((job) => job.name).join(', ')}`;
  try {
    JSON.stringify(given['payload']);
    const { cadence, options } = partsOf(given as unknown as ScheduleDefinition, jobs);
    scheduleSettings(`schedule ${name}`, contract, cadence, options);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @throws TypeError when the queue has no such contract */
export function partsOf(definition: ScheduleDefinition, jobs: readonly JobContract[]): ScheduleParts {
  const { job, payload, ...rest } = definition;
  const contract = jobs.find(({ name }) => name === job);
  if (!contract) throw new TypeError(`the queue has no job ${job}`);
  if ('cron' in rest) {
    const { cron, timeZone, ...options } = rest;
    return { contract, payload, cadence: { cron, timeZone }, options };
  }
  const { everyMs, ...options } = rest;
  return { contract, payload, cadence: { everyMs }, options };
}
