import type { JobContract } from '../contracts/job-contract.ts';
import { limits } from '../contracts/limits.ts';
import { OptionError } from '../errors/index.ts';
import { checkOptions } from '../options/check-options.ts';
import * as optionRule from '../options/option-rules.ts';
import type { OptionRule, OptionRules } from '../options/option-rules.ts';
import type { StoredOptions } from '../stored-options.ts';
import { type Cadence, cronProblem, isTimeZone } from './cadence.ts';
import type { CatchUp } from './plan-iteration.ts';
import type { ScheduleSettings } from './schedule-settings.ts';

export interface ScheduleOptions {
  /**
   * Up to how much later than due each job starts, at random, from 0 to 24 h, and never as late as the next one: so that many
   * schedules of one time do not start together.
   *
   * @default 0
   */
  jitterMs?: number;
  /**
   * The earliest time of a job: a time, or milliseconds since the epoch. With `everyMs`, times are counted from it.
   *
   * @default none
   */
  startAt?: number | Date;
  /**
   * The latest time of a job.
   *
   * @default none
   */
  endAt?: number | Date;
  /**
   * What becomes of the times that passed while no worker took the jobs: `skip`: none of them is run; `one`: the first is run once,
   * late; `{ all: n }`: the last n are run, n from 1 to 100. A job counts as missed when the next one is due, too.
   *
   * @default 'one'
   */
  catchUp?: CatchUp;
  /**
   * Whether a job may start while an earlier one of the schedule has not ended: it waits, runs or backs off. Else it is left out; with
   * `catchUp: { all: n }` it is tried again every second.
   *
   * @default false
   */
  overlap?: boolean;
  /**
   * The deadline of each attempt, 1 to the contract's `timeoutMaxMs`.
   *
   * @default the contract's `timeoutMs`
   */
  timeoutMs?: number;
  /**
   * How often each job may be tried in all, 1 to 1,000.
   *
   * @default the contract's `retry.attempts`
   */
  attempts?: number;
  /**
   * 1 is most urgent, up to 2,097,151.
   *
   * @default none, which comes before all that have one
   */
  priority?: number;
}

/** How far apart the times of a schedule are at least, and at most. */
export const scheduleLimits = {
  everyMinMs: 1_000,
  everyMaxMs: 366 * 86_400_000,
  jitterMaxMs: 86_400_000,
  catchUpMax: 100,
} as const;

const time: OptionRule = {
  must: 'be a time, or milliseconds since the epoch',
  holds: (value) =>
    (typeof value === 'number' || value instanceof Date) && Number.isSafeInteger(Number(value)) && Number(value) > 0,
};
const catchUp: OptionRule = {
  must: "be 'skip', 'one', or { all: n } with n from 1 to 100",
  holds: (value) => {
    if (!optionRule.isObject(value)) return value === 'skip' || value === 'one';
    return (
      Object.keys(value).join() === 'all' && optionRule.wholeNumber(1, scheduleLimits.catchUpMax).holds(value['all'])
    );
  },
};

const optionRules = {
  jitterMs: optionRule.wholeNumber(0, scheduleLimits.jitterMaxMs),
  startAt: time,
  endAt: time,
  catchUp,
  overlap: optionRule.yesOrNo,
  timeoutMs: optionRule.wholeNumber(1),
  attempts: optionRule.attempts,
  priority: optionRule.wholeNumber(1, limits.priorityMax),
} satisfies OptionRules<ScheduleOptions>;

const cronRules = {
  cron: optionRule.required(optionRule.text),
  timeZone: optionRule.required({ must: 'be an IANA time zone, such as Europe/Berlin', holds: isTimeZone }),
};
const everyRules = {
  everyMs: optionRule.required(optionRule.wholeNumber(scheduleLimits.everyMinMs, scheduleLimits.everyMaxMs)),
};

/**
 * Checks what a schedule is set with.
 *
 * @throws OptionError that names each option that is wrong
 */
export function scheduleSettings(
  where: string,
  contract: JobContract,
  cadence: Cadence,
  options: ScheduleOptions,
): ScheduleSettings {
  const isCron = optionRule.isObject(cadence) && 'cron' in cadence;
  checkOptions(where, isCron ? cronRules : everyRules, cadence, OptionError);
  const timeoutMs = optionRule.wholeNumber(1, contract.timeoutMaxMs);
  checkOptions(where, { ...optionRules, timeoutMs }, options, OptionError);
  const problem = 'cron' in cadence ? cronProblem(cadence.cron, cadence.timeZone) : null;
  if (problem !== null) throw new OptionError(`${where}: the cron expression ${problem}`);
  const { startAt, endAt } = options;
  if (startAt !== undefined && endAt !== undefined && Number(endAt) < Number(startAt)) {
    throw new OptionError(`${where}: endAt must not be before startAt`);
  }
  return {
    cadence:
      'cron' in cadence ? { cron: cadence.cron.trim(), timeZone: cadence.timeZone } : { everyMs: cadence.everyMs },
    ...(startAt !== undefined && { startAtMs: Number(startAt) }),
    ...(endAt !== undefined && { endAtMs: Number(endAt) }),
    jitterMs: options.jitterMs ?? 0,
    catchUp: options.catchUp ?? 'one',
    overlap: options.overlap ?? false,
  };
}

/** What all jobs of a schedule are stored with, as a put of ours would store it. @param isGuest whether the contract is another's */
export function scheduleTemplate(contract: JobContract, options: ScheduleOptions, isGuest: boolean): StoredOptions {
  const { type, delayMs, jitter } = contract.retry.backoff;
  return {
    attempts: options.attempts ?? contract.retry.attempts,
    backoff: { type, delay: delayMs, jitter },
    ...(options.priority !== undefined && { priority: options.priority }),
    sluice: {
      ...(isGuest ? {} : { v: contract.version }),
      d: '',
      ...(options.timeoutMs !== undefined && { t: options.timeoutMs }),
      ...(contract.secretFields.length > 0 && { s: contract.secretFields }),
    },
  };
}
