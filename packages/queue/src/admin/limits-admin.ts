import type { KeysMap } from 'bullmq';
import { nameOption } from '../job/contracts/name.ts';
import { OptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRule, OptionRules } from '../job/options/option-rules.ts';
import type { RedisOperation } from '../store/connection/redis-connection.ts';
import {
  LIMITED_CONTRACTS_MAX,
  type LimitChange,
  type QueueLimits,
  type RateLimit,
  readLimits,
  setLimits,
} from '../store/limits/queue-limits.ts';

/** Whose limits: those of one contract, or of the whole queue. */
export interface LimitsOf {
  /**
   * The contract's name.
   *
   * @default the limits of the whole queue
   */
  job?: string;
}

/** What {@link LimitsAdmin.set} takes. */
export interface SetLimitsOptions extends LimitsOf {
  /**
   * How many may run at once, over all pools: a whole number from 1 to 1,000,000, or null for no limit.
   *
   * @default as it is
   */
  running?: number | null;
  /**
   * How many may start in a time, over all pools; each attempt counts as a start. Null for no limit.
   *
   * @default as it is
   */
  rate?: RateLimit | null;
}

const RUNNING_MAX = 1_000_000;
const PER_MAX_MS = 86_400_000;

function orNull(rule: OptionRule): OptionRule {
  return { ...rule, must: `${rule.must}, or null`, holds: (value) => value === null || rule.holds(value) };
}

const rateRules = {
  jobs: optionRule.required(optionRule.wholeNumber(1, RUNNING_MAX)),
  perMs: optionRule.required(optionRule.wholeNumber(1, PER_MAX_MS)),
} satisfies OptionRules<RateLimit>;

const setRules = {
  job: nameOption,
  running: orNull(optionRule.wholeNumber(1, RUNNING_MAX)),
  rate: orNull(optionRule.options(rateRules)),
} satisfies OptionRules<SetLimitsOptions>;

const ofRules = { job: nameOption } satisfies OptionRules<LimitsOf>;

export interface LimitsAdminDeps {
  readonly keys: KeysMap;
  call<T>(operation: RedisOperation<T>): Promise<T>;
}

/**
 * The limits of a queue and of its contracts: how many jobs run at once, and how many start in a time. They hold for the whole
 * fleet and at once, and no job that runs is stopped. `admin.limits`.
 */
export class LimitsAdmin {
  readonly #deps: LimitsAdminDeps;

  constructor(deps: LimitsAdminDeps) {
    this.#deps = deps;
  }

  /**
   * Sets limits; what is not named stays as it is. The limits of the queue are BullMQ's own, so its workers keep them too; those
   * of a contract are kept by pools alone.
   *
   * ```ts
   * await admin.limits.set({ job: 'email.send', running: 50, rate: { jobs: 100, perMs: 1_000 } });
   * ```
   *
   * @throws OptionError when a number is out of its range, or 100 contracts have limits already
   */
  async set(options: SetLimitsOptions): Promise<void> {
    checkOptions('limits.set', setRules, options, OptionError);
    const { job, ...change } = options;
    if (change.running === undefined && change.rate === undefined)
      throw new OptionError('limits.set: running or rate must be given');
    await this.#change(job, change);
  }

  /** Takes the limits of the queue, or those of one contract, away. A contract that is paused stays so. */
  async clear(options: LimitsOf = {}): Promise<void> {
    checkOptions('limits.clear', ofRules, options, OptionError);
    await this.#change(options.job, { running: null, rate: null });
  }

  /** The limits that hold now, and how far they are used. */
  async get(): Promise<QueueLimits> {
    return this.#deps.call((client) => readLimits(client, this.#deps.keys));
  }

  /** Has pools take no more jobs of a contract, or take them again. */
  async setPaused(job: string, paused: boolean): Promise<void> {
    checkOptions(paused ? 'pause' : 'resume', ofRules, { job }, OptionError);
    await this.#change(job, { paused });
  }

  async #change(job: string | undefined, change: LimitChange): Promise<void> {
    const { call, keys } = this.#deps;
    if (await call((client) => setLimits(client, keys, job ?? null, change))) return;
    throw new OptionError(
      `limits: ${LIMITED_CONTRACTS_MAX} contracts of a queue have limits already; clear those of another one first`,
    );
  }
}
