import { Buffer } from 'node:buffer';
import { limits } from './contracts/limits.ts';
import * as optionRule from './options/option-rules.ts';
import { type OptionRule, type OptionRules } from './options/option-rules.ts';
import type { StoredDeduplication } from './stored-options.ts';

const dedupeModes = ['first', 'throttle', 'debounce', 'latest'] as const;
export type DedupeMode = (typeof dedupeModes)[number];

/**
 * Which puts of a contract become one job: those with the same `key`, 1 to 200 bytes of UTF-8.
 *
 * - `first`: while a job with the key is unfinished, further puts join it, and their payloads are dropped.
 * - `throttle`: the same for `forMs` milliseconds from the first put, whether its job has ended or not.
 * - `debounce`: the job starts when no put has come for `forMs`, with the payload of the last one.
 * - `latest`: the last payload counts. Until the job is started it gets the new payload; from then on the payload waits, and
 *   becomes a job of its own when the one that runs has ended. So no two jobs of one key run at once.
 *
 * `forMs` is a whole number of milliseconds from 1 to ten years.
 */
export type Dedupe =
  | { readonly key: string; readonly mode: 'first' | 'latest'; readonly forMs?: undefined }
  | { readonly key: string; readonly mode: 'throttle' | 'debounce'; readonly forMs: number };

export const dedupeKeyRule: OptionRule = {
  must: `be a string of 1 to ${limits.dedupeKeyMaxBytes} bytes of well-formed UTF-8`,
  holds: isDedupeKey,
};

const duration = optionRule.required(optionRule.wholeNumber(1, limits.delayMaxMs));

const rules: Readonly<Record<DedupeMode, OptionRules>> = {
  first: rulesOf(leftOut('with the mode first, which lasts until the job ends')),
  latest: rulesOf(leftOut('with the mode latest, which lasts until the job ends')),
  throttle: rulesOf(duration),
  debounce: rulesOf(duration),
};

/** The option of a put. Which fields it has depends on its mode. */
export const dedupeRule: OptionRule = {
  must: 'be an object of options',
  holds: optionRule.isObject,
  inside: ({ mode }) => {
    const known = dedupeModes.find((name) => name === mode);
    return known ? rules[known] : rulesOf(optionRule.anything);
  },
};

function rulesOf(forMs: OptionRule): OptionRules {
  return { key: optionRule.required(dedupeKeyRule), mode: optionRule.required(optionRule.oneOf(dedupeModes)), forMs };
}

function leftOut(why: string): OptionRule {
  return { must: `be left out ${why}`, holds: (value) => value === undefined };
}

function isDedupeKey(key: unknown): key is string {
  if (typeof key !== 'string' || key === '' || !key.isWellFormed()) return false;
  return Buffer.byteLength(key) <= limits.dedupeKeyMaxBytes;
}

/** What BullMQ calls the key: those of different contracts in one queue are different. */
export function deduplicationId(job: string, key: string): string {
  return `${job}:${key}`;
}

/** The same in BullMQ's options. */
export function deduplicationOf(job: string, { key, mode, forMs }: Dedupe): StoredDeduplication {
  const id = deduplicationId(job, key);
  switch (mode) {
    case 'first':
      return { id };
    case 'latest':
      return { id, keepLastIfActive: true };
    case 'throttle':
      return { id, ttl: forMs };
    case 'debounce':
      return { id, ttl: forMs, extend: true, replace: true };
  }
}
