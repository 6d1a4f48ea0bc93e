import * as optionRule from '../job/options/option-rules.ts';
import { type Dedupe, dedupeRule } from '../job/dedupe.ts';
import { type OptionRule, type OptionRules } from '../job/options/option-rules.ts';
import { producerDefaults } from '../job/defaults.ts';
import type { Payloads } from './payload-source.ts';
import type { Receipt } from './pending-put.ts';
import { type PutOptions, putRules } from './put-options.ts';
import { PutStream } from './put-stream.ts';

export interface PutManyOptions<P> extends Omit<PutOptions, 'id' | 'dedupe'> {
  /**
   * The id of each job, from its payload and its index.
   *
   * @default new ids
   */
  id?: (payload: P, index: number) => string;
  /**
   * How each job is deduplicated, from its payload and its index; or the same for all of them.
   *
   * @default none
   */
  dedupe?: Dedupe | ((payload: P, index: number) => Dedupe | undefined);
}

/** What a function returns is checked with the put that it is for. */
const dedupeOfMany: OptionRule = {
  ...dedupeRule,
  holds: (value) => optionRule.callable.holds(value) || dedupeRule.holds(value),
};

export const putManyRules = {
  ...putRules,
  id: optionRule.callable,
  dedupe: dedupeOfMany,
} satisfies OptionRules<PutManyOptions<never>>;

/** Puts one of many, behind those for which it was called before. */
export type PutOne<P, Name extends string> = (payload: P, options: PutOptions) => Promise<Receipt<Name>>;

/** The options of one of many puts: those of all, its own id, and no limit to its wait unless the caller sets one. */
export function optionsOfOne<P>(
  options: PutManyOptions<P>,
  payload: P,
  { index, signal }: { index: number; signal: AbortSignal },
): PutOptions {
  const { id, dedupe, ...rest } = options;
  const deduped = typeof dedupe === 'function' ? dedupe(payload, index) : dedupe;
  const shared = deduped === undefined ? rest : { ...rest, dedupe: deduped };
  if (!id) return { waitMs: Infinity, ...shared, signal };
  const own: unknown = id(payload, index);
  if (own instanceof Promise) own.catch(() => undefined); // refused as no string; its own rejection would end the process
  return { waitMs: Infinity, ...shared, signal, id: own as string };
}

/** The signals that end one of many puts: the caller's own, and `closing`. */
export function signalsOf({ signal }: { signal?: AbortSignal }, closing: AbortSignal): AbortSignal[] {
  return signal ? [signal, closing] : [closing];
}

/** Puts in order, a call's worth ahead of the receipts that were read. */
export function putMany<P, Name extends string>(
  put: PutOne<P, Name>,
  payloads: Payloads<P>,
  { closing, ...options }: PutManyOptions<P> & { closing: AbortSignal },
): AsyncGenerator<Receipt<Name>, void, undefined> {
  return new PutStream(
    { payloads, window: producerDefaults.batchMaxJobs, order: 'input', signals: signalsOf(options, closing) },
    {
      put: async (payload, index, signal) => put(payload, optionsOfOne(options, payload, { index, signal })),
      finish: ({ receipt }) => receipt,
      unfinished: ({ receipt }) => receipt,
    },
  );
}

/** Something that has been prepared, and is begun by calling it. */
export type Prepared<T> = () => Promise<T>;

/** Begins things in the order in which they came, however long each takes to prepare. */
export class InTurn {
  #last: Promise<void> = Promise.resolve();

  /** Rejects where the preparation does; then those behind are begun all the same. */
  run<T>(preparing: Promise<Prepared<T>>): Promise<T> {
    const begun = begin(this.#last, preparing);
    this.#last = begun.then(nothing, nothing);
    return begun.then(({ outcome }) => outcome);
  }
}

/** The outcome travels in a record, or a caller that waits for the beginning would wait for it, too. */
async function begin<T>(before: Promise<void>, preparing: Promise<Prepared<T>>): Promise<{ outcome: Promise<T> }> {
  preparing.catch(nothing); // reported below, in its turn
  await before;
  const start = await preparing;
  return { outcome: start() };
}

function nothing(): void {}
