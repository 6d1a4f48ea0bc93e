import { type JobContract, type PayloadInput } from '../job/contracts/job-contract.ts';
import * as optionRule from '../job/options/option-rules.ts';
import { type OptionRules } from '../job/options/option-rules.ts';
import { ResultExpiredError } from '../job/errors/index.ts';
import type { Outcome } from '../store/results/read-outcome.ts';
import type { Payloads } from './payload-source.ts';
import { optionsOfOne, type PutManyOptions, putManyRules, type PutOne, signalsOf } from './put-many.ts';
import { PutStream } from './put-stream.ts';
import type { Receipt } from './pending-put.ts';

export interface MapOptions<P> extends PutManyOptions<P> {
  /**
   * The most jobs that are put and not yet yielded, from 1.
   *
   * @default 1,000, and never over half of what the queue keeps
   */
  window?: number;
  /**
   * `completion`: as they end. `input`: in the order of the payloads.
   *
   * @default 'completion'
   */
  order?: 'completion' | 'input';
}

export const mapRules = {
  ...putManyRules,
  window: optionRule.wholeNumber(1),
  order: optionRule.oneOf(['completion', 'input']),
} satisfies OptionRules<MapOptions<never>>;

/**
 * How one of the payloads ended. `result-expired`: its job is no longer kept, and so it is not known how it ended. That happens where
 * jobs of others push it out of what the queue keeps (`keep.completed.count`) before it is read, or where a plain BullMQ
 * Worker completes it, which keeps by the time of the end and then by the id, and so may remove the newest. `unawaited`: its
 * job is in, but `map` ended with an error before it did; these are yielded before the error is thrown.
 */
export type Mapped<C extends JobContract> = (Outcome<C> | { outcome: 'result-expired' } | { outcome: 'unawaited' }) & {
  /** Position of the payload, from 0. */
  index: number;
  payload: PayloadInput<C>;
  receipt: Receipt<C['name']>;
};

export interface MapSteps<C extends JobContract> {
  put: PutOne<PayloadInput<C>, C['name']>;
  outcome: (receipt: Receipt<C['name']>, signal: AbortSignal) => Promise<Outcome<C>>;
}

/** Puts payloads and collects how they end, within a window, until the reader leaves or all are done. */
export function mapResults<C extends JobContract>(
  steps: MapSteps<C>,
  payloads: Payloads<PayloadInput<C>>,
  { closing, ...options }: MapOptions<PayloadInput<C>> & { window: number; closing: AbortSignal },
): AsyncGenerator<Mapped<C>, void, undefined> {
  const { window, order = 'completion', ...each } = options;
  return new PutStream<PayloadInput<C>, Receipt<C['name']>, Mapped<C>>(
    { payloads, window, order, signals: signalsOf(each, closing) },
    {
      put: async (payload, index, signal) => steps.put(payload, optionsOfOne(each, payload, { index, signal })),
      finish: async (put, signal) => ({ ...(await steps.outcome(put.receipt, signal).catch(asResultExpired)), ...put }),
      unfinished: (put) => ({ outcome: 'unawaited', ...put }),
    },
  );
}

/** One result that was not kept is no reason to lose the others. */
function asResultExpired(error: unknown): { outcome: 'result-expired' } {
  if (error instanceof ResultExpiredError) return { outcome: 'result-expired' };
  throw error;
}
