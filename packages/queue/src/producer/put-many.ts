import { optionRule, type OptionRules } from '@sluice/shared';
import { producerDefaults } from '../defaults.ts';
import { type PutOptions, putRules } from './put-options.ts';
import type { Receipt } from './receipt.ts';

export interface PutManyOptions<P> extends Omit<PutOptions, 'id'> {
  /** The id of each job, from its payload and its index. Default: new ids. */
  id?: (payload: P, index: number) => string;
}

export const putManyRules = { ...putRules, id: optionRule.callable } satisfies OptionRules<PutManyOptions<never>>;

export type PutOne<P, Name extends string> = (payload: P, options: PutOptions) => Promise<Receipt<Name>>;

/** The options of one of many puts: those of all, its own id, and patience without end unless told otherwise. */
export function optionsOfOne<P>(options: PutManyOptions<P>, payload: P, index: number): PutOptions {
  const { id, ...shared } = options;
  return { waitMs: Infinity, ...shared, ...(id ? { id: id(payload, index) } : {}) };
}

/** Puts in order, a run's worth ahead of the receipts that were read. */
export async function* putMany<P, Name extends string>(
  put: PutOne<P, Name>,
  payloads: Iterable<P> | AsyncIterable<P>,
  options: PutManyOptions<P>,
): AsyncGenerator<Receipt<Name>, void, undefined> {
  const leaving = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, leaving.signal]) : leaving.signal;
  const ahead: Promise<Receipt<Name>>[] = [];
  let index = 0;
  try {
    for await (const payload of payloads) {
      const receipt = put(payload, { ...optionsOfOne(options, payload, index++), signal });
      receipt.catch(() => undefined); // thrown where it is read, below
      ahead.push(receipt);
      if (ahead.length >= producerDefaults.runMaxJobs) yield await (ahead.shift() as Promise<Receipt<Name>>);
    }
    for (const receipt of ahead) yield await receipt;
  } finally {
    leaving.abort(); // whoever stops reading stops waiting for room
  }
}
