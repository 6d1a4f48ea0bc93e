import type { JobContract, Returned } from '../contracts/job-contract.ts';
import { DefinitionError } from '../errors/index.ts';
import { checkOptions } from '../options/check-options.ts';
import { type OptionRules, required, wholeNumber } from '../options/option-rules.ts';
import type { Attempt } from './attempt.ts';
import { checkContract } from './handler.ts';

/** How many jobs a batch handler gets in one call, and how long it waits for them. */
export interface BatchOptions {
  /** The most jobs in one call, 1 to 1,000. A pool gathers no more than it has slots: each job of a batch holds one. */
  size: number;
  /**
   * How long the first job of a batch waits for more, in ms from 0 to 60,000. With 0, a call gets what came with one take. Nothing waits once
   * the batch is full, the pool has no slot left for another job, or drains.
   */
  waitMs: number;
}

/** What a batch handler gets apart from its attempts. */
export interface BatchContext {
  /** Aborts once the signals of all attempts of the batch have aborted: nobody needs the call any more. */
  readonly signal: AbortSignal;
}

/**
 * What a batch handler returns: nothing, where its jobs have no result or were ended by `ack`, `nack` and `term`; else a list with one
 * entry for each attempt, in their order. An entry is the job's result, or the error with which that job alone fails. It does
 * not matter where the attempt was ended before.
 */
export type BatchResults<Given> =
  // oxlint-disable-next-line typescript/no-invalid-void-type -- it is what a function without a return gives
  void | readonly (Given | Error | undefined)[];

/**
 * Runs the attempts of several jobs in one call. Each has its own lease, deadline, signal and outcome. What it throws fails
 * the attempts that have no outcome yet, as the throw of a single handler would.
 */
export type BatchHandlerFunction<C extends JobContract> = (
  attempts: readonly Attempt<C>[],
  context: BatchContext,
) => Promise<BatchResults<Returned<C>>> | BatchResults<Returned<C>>;

/** A contract and the function that runs its jobs, several in one call. Made by {@link defineBatchHandler}. */
export interface BatchHandler<C extends JobContract = JobContract> extends Readonly<BatchOptions> {
  /** Whose jobs it runs. */
  readonly contract: C;
  /** Runs a batch. */
  readonly handleBatch: BatchHandlerFunction<C>;
}

const BATCH_RULES = {
  size: required(wholeNumber(1, 1_000)),
  waitMs: required(wholeNumber(0, 60_000)),
} satisfies OptionRules<BatchOptions>;

/**
 * Ties a function that takes many jobs at once to its contract, such as one that inserts their rows by a single statement.
 *
 * ```ts
 * defineBatchHandler(saveRow, { size: 100, waitMs: 50 }, async (attempts) => {
 *   await insertAll(attempts.map(({ payload }) => payload));
 * });
 * ```
 *
 * @throws DefinitionError when an option is missing, unknown or out of its range, or the function is none
 */
export function defineBatchHandler<C extends JobContract, const Given extends Returned<C>>(
  contract: C,
  options: BatchOptions,
  // `const Given` keeps literals as they are written, so that results that are unions need no annotation.
  handle: (
    attempts: readonly Attempt<C>[],
    context: BatchContext,
  ) => Promise<BatchResults<Given>> | BatchResults<Given>,
): BatchHandler<C> {
  checkContract('defineBatchHandler', contract);
  const where = `batch handler of ${contract.name}`;
  checkOptions(where, BATCH_RULES, options, DefinitionError);
  if (typeof handle !== 'function') throw new DefinitionError(`${where}: the third argument must be a function`);
  const { size, waitMs } = options;
  return Object.freeze({ contract, size, waitMs, handleBatch: handle });
}
