import type { JobContract, PayloadInput } from '../job/contracts/job-contract.ts';
import { isName, nameRule } from '../job/contracts/name.ts';
import { encodePayload } from '../job/encoding/encode.ts';
import { OptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import { wholeNumber } from '../job/options/option-rules.ts';
import type { Cadence } from '../job/schedules/cadence.ts';
import { type ScheduleOptions, scheduleSettings, scheduleTemplate } from '../job/schedules/schedule-options.ts';
import type { RedisOperation } from '../store/connection/redis-connection.ts';
import { changeSchedule } from '../store/schedules/change-schedule.ts';
import { readNextTimes, readSchedule, readSchedules, type Schedule } from '../store/schedules/read-schedules.ts';
import type { ScheduleQueue } from '../store/schedules/schedule-keys.ts';
import { setSchedule } from '../store/schedules/set-schedule.ts';

export interface SchedulesDeps {
  readonly queue: ScheduleQueue;
  call<T>(operation: RedisOperation<T>): Promise<T>;
}

const countRules = { count: wholeNumber(1, 1_000) };

/**
 * Schedules of a queue: jobs that come again and again. They are BullMQ's job schedulers with settings of ours, so its tools show
 * them. The next job of a schedule is delayed in the queue until it is due, and the worker that takes it makes the one after it.
 */
export class Schedules {
  readonly #deps: SchedulesDeps;

  constructor(deps: SchedulesDeps) {
    this.#deps = deps;
  }

  /**
   * Makes a schedule, or replaces the one of this name, with its next job; what runs goes on. The same again changes nothing, also
   * from several processes at once. A schedule that is paused stays so.
   *
   * ```ts
   * await admin.schedules.set('daily-report', report, { kind: 'daily' }, { cron: '0 9 * * *', timeZone: 'Europe/Berlin' });
   * await admin.schedules.set('poll', poll, {}, { everyMs: 60_000 }, { jitterMs: 5_000, catchUp: 'skip' });
   * ```
   *
   * @param name 1 to 100 of `A-Z a-z 0-9 . _ -`
   * @param options `asGuest`: the contract is another program's, so its version is not known here
   * @returns `set`, or `unchanged`
   * @throws OptionError when something of it cannot work, or no time is left before `endAt`; PayloadInvalidError or TooLargeError
   * @throws QueueFullError when the queue has no capacity for its next job
   */
  async set<C extends JobContract>(
    name: string,
    contract: C,
    payload: PayloadInput<C>,
    cadence: Cadence,
    { asGuest = false, ...options }: ScheduleOptions & { asGuest?: boolean } = {},
  ): Promise<'set' | 'unchanged'> {
    const where = `schedule ${checkName(name)}`;
    const settings = scheduleSettings(where, contract, cadence, options);
    const { json } = await encodePayload(contract, payload);
    const template = scheduleTemplate(contract, options, asGuest);
    const schedule = { name, job: contract.name, data: json, template, settings };
    const answer = await this.#deps.call((client) => setSchedule(client, this.#deps.queue, schedule));
    if (answer === 'over') throw new OptionError(`${where}: no time is left before endAt`);
    return answer === 'unchanged' ? 'unchanged' : 'set';
  }

  /** All schedules, plain BullMQ's included, by their next time; at most 1,000. */
  async list(): Promise<Schedule[]> {
    return this.#deps.call((client) => readSchedules(client, this.#deps.queue.keys));
  }

  /** One schedule; null when there is none of this name. */
  async get(name: string): Promise<Schedule | null> {
    return this.#deps.call((client) => readSchedule(client, this.#deps.queue.keys, name));
  }

  /**
   * When the next jobs of a schedule are due, without its jitter; fewer where it ends before.
   *
   * @param count 1 to 1,000
   * @throws OptionError when there is no schedule of this name
   */
  async next(name: string, count = 1): Promise<Date[]> {
    checkOptions('next', countRules, { count }, OptionError);
    const times = await this.#deps.call((client) => readNextTimes(client, this.#deps.queue.keys, name, count));
    if (!times) throw new OptionError(`schedules: there is none named ${name}`);
    return times.map((ms) => new Date(ms));
  }

  /**
   * Leaves out all jobs of a schedule until {@link resume}: when one is due, workers of ours remove it. Nothing of that time is made up
   * for. A plain BullMQ Worker runs them.
   *
   * @returns false when there is no schedule of this name
   */
  async pause(name: string): Promise<boolean> {
    return this.#change(name, 'pause');
  }

  /** Lets a paused schedule go on with its next job. @returns false when there is none of this name */
  async resume(name: string): Promise<boolean> {
    return this.#change(name, 'resume');
  }

  /** Removes a schedule and its next job; what runs goes on. @returns false when there is none of this name */
  async remove(name: string): Promise<boolean> {
    return this.#change(name, 'remove');
  }

  #change(name: string, action: 'pause' | 'resume' | 'remove'): Promise<boolean> {
    return this.#deps.call((client) => changeSchedule(client, this.#deps.queue, name, action));
  }
}

function checkName(name: string): string {
  if (isName(name)) return name;
  throw new OptionError(`schedules: the name of a schedule must be ${nameRule}`);
}
