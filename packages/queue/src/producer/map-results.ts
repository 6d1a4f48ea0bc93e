import { type JobContract, optionRule, type OptionRules, type PayloadInput, ResultExpiredError } from '@sluice/shared';
import { producerDefaults } from '../defaults.ts';
import type { Settled } from '../results/settled.ts';
import { EndedJobs } from './ended-jobs.ts';
import { Places } from './places.ts';
import { optionsOfOne, type PutManyOptions, putManyRules, type PutOne } from './put-many.ts';
import type { Receipt } from './receipt.ts';

export interface MapOptions<P> extends PutManyOptions<P> {
  /** The most jobs that are put and not yet yielded, from 1. Default 1,000, and never over half of what the queue keeps. */
  window?: number;
  /** `completion`: as they end. `input`: in the order of the payloads. Default `completion`. */
  order?: 'completion' | 'input';
}

export const mapRules = {
  ...putManyRules,
  window: optionRule.wholeNumber(1),
  order: optionRule.oneOf(['completion', 'input']),
} satisfies OptionRules<MapOptions<never>>;

/** How one of the payloads ended. `expired`: its job is no longer kept, and so it is not known how it ended. */
export type Mapped<C extends JobContract> = (Settled<C> | { outcome: 'expired' }) & {
  /** Position of the payload, from 0. */
  index: number;
  payload: PayloadInput<C>;
  receipt: Receipt<C['name']>;
};

export interface MapSteps<C extends JobContract> {
  put: PutOne<PayloadInput<C>, C['name']>;
  settled: (receipt: Receipt<C['name']>, signal: AbortSignal) => Promise<Settled<C>>;
}

type Source<P> = Iterable<P> | AsyncIterable<P>;

/** Reads payloads, puts them and collects how they end, within a window, until the reader leaves or all are done. */
export async function* mapResults<C extends JobContract>(
  steps: MapSteps<C>,
  payloads: Source<PayloadInput<C>>,
  options: MapOptions<PayloadInput<C>> & { window: number },
): AsyncGenerator<Mapped<C>, void, undefined> {
  const { window, order = 'completion', ...each } = options;
  const leaving = new AbortController();
  const signal = each.signal ? AbortSignal.any([each.signal, leaving.signal]) : leaving.signal;
  const ended = new EndedJobs<Mapped<C>>(order);
  const room = new Places(window);
  const unadmitted = new Places(producerDefaults.runMaxJobs);

  const runOne = async (payload: PayloadInput<C>, index: number): Promise<void> => {
    try {
      const receipt = await steps
        .put(payload, { ...optionsOfOne(each, payload, index), signal })
        .finally(() => unadmitted.give());
      const ending = await steps.settled(receipt, signal).catch(asExpired);
      ended.add(index, { ...ending, index, payload, receipt });
    } catch (error) {
      ended.fail(error);
    }
  };
  const feed = async (): Promise<void> => {
    let index = 0;
    for await (const payload of payloads) {
      await Promise.all([room.take(signal), unadmitted.take(signal)]);
      signal.throwIfAborted(); // the reader may have left in between
      ended.expect(index + 1);
      void runOne(payload, index++);
    }
    ended.close();
  };

  feed().catch((error: unknown) => ended.fail(error));
  try {
    for (;;) {
      const next = await ended.next();
      if (!next) return;
      yield next;
      room.give();
    }
  } finally {
    leaving.abort();
  }
}

/** One result that was not kept is no reason to lose the others. */
function asExpired(error: unknown): { outcome: 'expired' } {
  if (error instanceof ResultExpiredError) return { outcome: 'expired' };
  throw error;
}
