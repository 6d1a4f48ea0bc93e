import { limits } from '../contracts/limits.ts';

/** What one option takes. */
export interface OptionRule {
  /** In words, to follow "must". */
  readonly must: string;
  readonly holds: (value: unknown) => boolean;
  /** For an option that holds options itself: their rules, or which rules they have where one of them decides. */
  readonly inside?: OptionRules | ((given: Readonly<Record<string, unknown>>) => OptionRules);
  /** Whether leaving it out is a problem, too. */
  readonly required?: true;
}

/** One rule for each option of a call or definition; an option without a rule does not compile. */
export type OptionRules<Options extends object = Record<string, unknown>> = {
  readonly [Name in keyof Options]-?: OptionRule;
};

/** The largest number that JavaScript, Lua and the scores of Redis hold exactly. */
const COUNT_MAX = Number.MAX_SAFE_INTEGER;

export function wholeNumber(least: number, most = COUNT_MAX): OptionRule {
  const range = most === COUNT_MAX ? `from ${shown(least)}` : `from ${shown(least)} to ${shown(most)}`;
  return {
    must: `be a whole number ${range}`,
    holds: (value) => Number.isSafeInteger(value) && isWithin(value, least, most),
  };
}

export function numberBetween(least: number, most: number): OptionRule {
  return { must: `be a number from ${shown(least)} to ${shown(most)}`, holds: (value) => isWithin(value, least, most) };
}

/** Milliseconds up to a maximum: larger values are cut off, fractions are rounded up. */
export function delayMs(): OptionRule {
  return { must: 'be milliseconds from 0', holds: (value) => isWithin(value, 0, Number.MAX_VALUE) };
}

/** Milliseconds of a wait. Fractions are taken, since a wait is often the difference of two readings of a clock. */
export function waitMs({ forever = false }: { forever?: boolean } = {}): OptionRule {
  const range = `from 0 to ${shown(limits.waitMaxMs)}`;
  return {
    must: forever ? `be milliseconds ${range}, or Infinity` : `be milliseconds ${range}`,
    holds: (value) => isWithin(value, 0, limits.waitMaxMs) || (forever && value === Infinity),
  };
}

export function oneOf(values: readonly string[]): OptionRule {
  return { must: `be one of ${values.join(', ')}`, holds: (value) => values.some((known) => known === value) };
}

export const yesOrNo: OptionRule = { must: 'be true or false', holds: (value) => typeof value === 'boolean' };

export const text: OptionRule = { must: 'be a string', holds: (value) => typeof value === 'string' };

/** Text of at most so many characters. */
export function textUpTo(most: number): OptionRule {
  return {
    must: `be a string of at most ${most} characters`,
    holds: (value) => typeof value === 'string' && value.length <= most,
  };
}

export const callable: OptionRule = { must: 'be a function', holds: (value) => typeof value === 'function' };

export const logger: OptionRule = {
  must: 'be a logger, such as one of pino',
  holds: (value) =>
    isObject(value) && ['debug', 'info', 'warn', 'error', 'child'].every((name) => typeof value[name] === 'function'),
};

export const abortSignal: OptionRule = { must: 'be an AbortSignal', holds: (value) => value instanceof AbortSignal };

/** What is checked elsewhere. */
export const anything: OptionRule = { must: 'be given', holds: () => true };

/** Options inside an option. */
export function options(inside: OptionRules): OptionRule {
  return { must: 'be an object of options', holds: isObject, inside };
}

export function required(rule: OptionRule): OptionRule {
  return { ...rule, required: true };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

function shown(limit: number): string {
  return limit.toLocaleString('en-US');
}

/** How often a job may be tried in all; the same for a contract and for a put. */
export const attempts: OptionRule = wholeNumber(1, limits.attemptsMax);
