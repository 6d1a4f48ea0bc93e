import { DefinitionError, type Logger, OptionError } from '@sluice/queue';
import { checkOptions, optionRule } from '@sluice/queue/testing';
import type { ChildRun } from './child-run.ts';

export interface RunJobOptions {
  /**
   * Which attempt this is, from 1.
   *
   * @default 1
   */
  attempt?: number;
  /**
   * How many attempts the job has in all, from `attempt`.
   *
   * @default the contract's, at least `attempt`
   */
  maxAttempts?: number;
  /**
   * Interrupts the run once the handler has been called, as a drain that runs out of time does. Aborted with a `JobTimeoutError`
   * as its reason, the run ends as at its deadline, so that no test has to wait for one.
   *
   * @default never
   */
  signal?: AbortSignal;
  /**
   * The deadline in milliseconds, instead of the contract's; from 1.
   *
   * @default the contract's `timeoutMs`
   */
  timeoutMs?: number;
  /**
   * When the job is no longer wanted, in milliseconds since the epoch, as `expiresAt` of a put.
   *
   * @default never
   */
  expiresAt?: number;
  /**
   * The job's id.
   *
   * @default a new one
   */
  id?: string;
  /**
   * The version of the contract under which the payload was put: it is upcast from there. The payload of an older version is
   * taken as it is, for the contract no longer knows its schema.
   *
   * @default the contract's
   */
  version?: number;
  /**
   * The fencing token that the handler gets.
   *
   * @default microseconds since the epoch
   */
  fencingToken?: number;
  /**
   * Where `attempt.log` writes.
   *
   * @default nowhere
   */
  logger?: Logger;
  /**
   * The children of the job, as `attempt.children` gives them: each with the contract, and its result or why it is dead.
   *
   * @default none
   */
  children?: readonly ChildRun[];
  /**
   * Decides the random part of the backoff before a retry, from 0 to below 1.
   *
   * @default Math.random
   */
  random?: () => number;
}

const { wholeNumber } = optionRule;

const RULES = {
  attempt: wholeNumber(1, 1_000),
  maxAttempts: wholeNumber(1, 1_000),
  signal: optionRule.abortSignal,
  timeoutMs: wholeNumber(1, 864_000_000),
  expiresAt: wholeNumber(1),
  id: { must: 'be a text that is not empty', holds: (value) => typeof value === 'string' && value !== '' },
  version: wholeNumber(1, 1_000_000),
  fencingToken: wholeNumber(1),
  logger: optionRule.logger,
  children: { must: 'be a list of children', holds: (value) => Array.isArray(value) },
  random: optionRule.callable,
} satisfies optionRule.OptionRules<RunJobOptions>;

/** @throws OptionError that names all problems */
export function checkRunOptions(options: RunJobOptions): void {
  checkOptions('runJob', RULES, options, OptionError);
  const { attempt = 1, maxAttempts } = options;
  if (maxAttempts !== undefined && maxAttempts < attempt) {
    throw new OptionError(`runJob: maxAttempts is ${maxAttempts}, but this is attempt ${attempt}`);
  }
}

/** @throws DefinitionError that says what to pass instead */
export function checkHandler(handler: unknown): void {
  const given = typeof handler === 'object' && handler !== null ? handler : {};
  if ('contract' in given && ('handle' in given || 'handleBatch' in given || 'moduleUrl' in given)) return;
  const what = typeof handler === 'function' ? 'a function, which has no contract' : `${typeof handler}`;
  throw new DefinitionError(
    `runJob: the first argument must be a handler made by defineHandler, defineBatchHandler or inThread, not ${what}: ` +
      'runJob(defineHandler(contract, async (attempt) => …), payload)',
  );
}
