import { type JobContract } from '../job/contracts/job-contract.ts';
import { checkOptions } from '../job/options/check-options.ts';
import { type DropPolicy, type WhenFull, whenFullPolicies } from '../job/contracts/queue-policy.ts';
import { limits } from '../job/contracts/limits.ts';
import * as optionRule from '../job/options/option-rules.ts';
import { type OptionRule, type OptionRules } from '../job/options/option-rules.ts';
import { type Dedupe, dedupeRule } from '../job/dedupe.ts';
import { type OptionProblem, PutOptionError } from '../job/errors/index.ts';
import { producerDefaults } from '../job/defaults.ts';

export interface PutOptions {
  /**
   * The caller's own id, 1 to 200 bytes of UTF-8. The same id put again, while the job is unfinished or for the queue's
   * `idempotencyMs` after its end, adds nothing and is answered as a duplicate; with another payload it is a conflict.
   *
   * @default a new id
   */
  id?: string;
  /**
   * How long to wait for capacity, in milliseconds up to 2,147,483,647; `Infinity` for no limit. Then the put rejects with
   * QueueFullError.
   *
   * @default 30_000
   */
  waitMs?: number;
  /**
   * Cancels the put. If it has not been sent yet, it rejects at once with the signal's reason and is never sent. If it has been
   * sent, it ends as Redis answers: with a receipt, with that reason when there was no free capacity, or with PutUnknownError.
   *
   * @default none
   */
  signal?: AbortSignal;
  /**
   * What to do when there is no free capacity: `wait`, `reject`, `drop-oldest` or `drop-lowest-priority`. With a drop policy the
   * put never waits: it replaces one job that waits, which is dead then (`SLUICE_JOB_DROPPED`), or is refused
   * when there is none to drop.
   *
   * @default the queue's own policy
   */
  whenFull?: WhenFull;
  /**
   * The attempt's deadline, instead of the contract's; 1 to the contract's `timeoutMaxMs`.
   *
   * @default the contract's `timeoutMs`
   */
  timeoutMs?: number;
  /**
   * How often the job may be tried in all, instead of the contract's; 1 to 1,000.
   *
   * @default the contract's `retry.attempts`
   */
  attempts?: number;
  /**
   * From when on the job's result is not wanted any more: a time, or milliseconds since the epoch. The wait for capacity ends then; a job that
   * waits is not started after it; one that runs has it as its deadline. A job that expired is a dead letter with the code
   * `SLUICE_JOB_EXPIRED`. A time by this machine's clock; where that
   * is off by more than a lease, it is converted to Redis's, by which pools decide. Within the next ten years.
   *
   * @default never
   */
  expiresAt?: number | Date;
  /**
   * The job starts no earlier than this many milliseconds from now, from 0 to ten years. It counts against the capacity meanwhile.
   *
   * @default 0
   */
  delayMs?: number;
  /**
   * 1 is most urgent, up to 2,097,151. Jobs without a priority go before all that have one, as in BullMQ.
   *
   * @default none
   */
  priority?: number;
  /**
   * The job goes before all that wait without a priority, so that the last one put is the first to be taken. It waits for capacity
   * like any other. Not with `priority`, a delay or `drop-oldest`.
   *
   * @default false
   */
  lifo?: boolean;
  /**
   * Joins puts with the same key to one job; see {@link Dedupe}. Such a put needs no capacity where a job has the key already, and is
   * answered as `deduplicated` with the id of that job. An `id` that is known goes before: the put is a duplicate then.
   *
   * @default none
   */
  dedupe?: Dedupe;
  /**
   * With `omitContext`, the job is not joined to the trace of this put: where it is run is a trace of its own. As in BullMQ's job options.
   *
   * @default joined, where the producer has `telemetry`
   */
  telemetry?: { readonly omitContext?: boolean };
}

const { abortSignal, oneOf, text, waitMs, wholeNumber } = optionRule;

const expiresAt: OptionRule = { must: 'be a time within the next ten years', holds: isToCome };

/** What a put that never waits takes. `timeoutMs` is also checked against its contract's limit. */
export const tryPutRules = {
  id: text,
  signal: abortSignal,
  timeoutMs: wholeNumber(1),
  attempts: optionRule.attempts,
  expiresAt,
  delayMs: wholeNumber(0, limits.delayMaxMs),
  priority: wholeNumber(1, limits.priorityMax),
  lifo: optionRule.yesOrNo,
  dedupe: dedupeRule,
  telemetry: optionRule.options({ omitContext: optionRule.yesOrNo }),
} satisfies OptionRules<Omit<PutOptions, 'waitMs' | 'whenFull'>>;

export const putRules = {
  ...tryPutRules,
  waitMs: waitMs({ forever: true }),
  whenFull: oneOf(whenFullPolicies),
} satisfies OptionRules<PutOptions>;

export interface WaitOptions {
  /**
   * How long to wait for the job to end, in milliseconds up to 2,147,483,647; `Infinity` for as long as it takes.
   *
   * @default 60_000
   */
  waitMs?: number;
  /**
   * Ends the wait: the call rejects with the signal's reason. The job continues.
   *
   * @default none
   */
  signal?: AbortSignal;
}

export const waitRules = {
  waitMs: waitMs({ forever: true }),
  signal: abortSignal,
} satisfies OptionRules<WaitOptions>;

/** @throws PutOptionError that names each option that is wrong, and its range */
export function checkPutOptions(contract: JobContract, options: PutOptions): void {
  checkPut('put', putRules, contract, options);
}

/** The same for one of the calls that put: by its own rules, and by the contract's limit. */
export function checkPut(
  call: string,
  rules: OptionRules,
  contract: JobContract,
  options: { readonly timeoutMs?: number },
): void {
  checkOptions(call, rules, options, PutOptionError);
  const { timeoutMs } = options;
  if (timeoutMs === undefined || timeoutMs <= contract.timeoutMaxMs) return;
  const rule = wholeNumber(1, contract.timeoutMaxMs);
  checkOptions(`${call} of ${contract.name}`, { timeoutMs: rule }, { timeoutMs }, PutOptionError);
}

/**
 * Options that do not go together, though each is right.
 *
 * @throws PutOptionError
 */
export function checkTogether(options: PutOptions, policy: WhenFull): void {
  const { lifo, priority, delayMs, dedupe } = options;
  const problems: OptionProblem[] = [];
  const refuse = (option: string, given: unknown, why: string): void => {
    const must = `be left out ${why}`;
    problems.push({ option, given: String(given), must, message: `${option} must ${must}` });
  };
  if (dedupe?.mode === 'debounce' && delayMs !== undefined) {
    refuse('delayMs', delayMs, 'with the dedupe mode debounce, which delays the job by forMs');
  }
  if (lifo) {
    if (priority !== undefined) refuse('lifo', lifo, 'with a priority, by which jobs are ordered then');
    if (delayMs || dedupe?.mode === 'debounce') refuse('lifo', lifo, 'with a delay: a job that is due goes to the end');
    if ((options.whenFull ?? policy) === 'drop-oldest') {
      refuse('lifo', lifo, 'with the policy drop-oldest, which drops what would be taken next');
    }
  }
  if (problems.length > 0)
    throw new PutOptionError(`put: ${problems.map(({ message }) => message).join('; ')}`, problems);
}

function isToCome(at: unknown): boolean {
  if (typeof at !== 'number' && !(at instanceof Date)) return false;
  const inMs = Number(at) - Date.now();
  return Number.isSafeInteger(Number(at)) && inMs > 0 && inMs <= limits.delayMaxMs;
}

/** In milliseconds since the epoch. */
export function expiryOf({ expiresAt }: PutOptions): number | undefined {
  return expiresAt === undefined ? undefined : Number(expiresAt);
}

/** How long a put may wait for capacity under its policy; 0 when it may not. */
export function waitMsOf(options: PutOptions, policy: WhenFull): number {
  if ((options.whenFull ?? policy) !== 'wait') return 0;
  const expiresInMs = (expiryOf(options) ?? Infinity) - Date.now();
  return Math.max(Math.min(options.waitMs ?? producerDefaults.waitMs, expiresInMs), 0);
}

/** How a put replaces another job under its policy, if it does. */
export function dropPolicyOf(options: PutOptions, policy: WhenFull): DropPolicy | undefined {
  const chosen = options.whenFull ?? policy;
  return chosen === 'drop-oldest' || chosen === 'drop-lowest-priority' ? chosen : undefined;
}
