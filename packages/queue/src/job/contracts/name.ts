import type { OptionRule } from '../options/option-rules.ts';

/** In words, for messages. */
export const nameRule = '1 to 100 of A-Z a-z 0-9 . _ -';

/** The same rule as a pattern, for settings. */
export const namePattern: RegExp = /^[A-Za-z0-9._-]{1,100}$/;

/** Whether a contract, a queue or a key prefix may be called this. `:` is not among the letters: BullMQ's keys use it. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && namePattern.test(value);
}

/** {@link isName} as the rule of an option. */
export const nameOption: OptionRule = { must: `be ${nameRule}`, holds: isName };
