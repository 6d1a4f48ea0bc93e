import { z } from 'zod';
import { readRedisAddress, redisAddressForm } from '@sluice/queue/redis-address';
import { formatDuration, parseDuration } from './duration.ts';

/** One setting: the environment variable that holds it, how it is read, and its documentation. */
export interface ConfigField<T = unknown> {
  /** The environment variable, such as `SLUICE_CONCURRENCY`. */
  readonly env: string;
  /** A variable that is read before `env`, such as `SLUICE_REDIS_URL` where `REDIS_URL` is another program's, too. */
  readonly envFirst?: string;
  /** One or two sentences: meaning, and what happens at the limits. Stands in .env.example and docs/configuration.md. */
  readonly description: string;
  /** From the text of the variable to the value. */
  readonly schema: z.ZodType<T, string>;
  /** What values look like, in a few words: `a whole number from 1 to 1,000`. */
  readonly form: string;
  /** As one would write it in the environment; absent when the variable must be set, or may be missing. */
  readonly default?: string;
  /** Without it and without a default, the variable must be set. */
  readonly optional: boolean;
  /** Never printed: not in problems, not when the configuration is logged or inspected. */
  readonly secret: boolean;
  /** Shown in .env.example where there is no default. Never a real secret. */
  readonly example?: string;
}

export interface FieldOptions {
  /** The environment variable, such as `SLUICE_CONCURRENCY`. */
  env: string;
  /**
   * A variable that is read before `env`.
   *
   * @default none
   */
  envFirst?: string;
  /** One or two sentences: meaning, and what happens at the limits. */
  description: string;
  /**
   * The value of an unset variable, as text of the environment.
   *
   * @default none: the variable must be set, unless it is `optional`
   */
  default?: string;
  /**
   * Whether the variable may be missing without a default.
   *
   * @default false
   */
  optional?: boolean;
  /**
   * Whether the value is hidden in messages and logs.
   *
   * @default false
   */
  secret?: boolean;
  /**
   * A value to show in .env.example. Never a real secret.
   *
   * @default none
   */
  example?: string;
}

/** What a field gives: `T`, or `T | undefined` when it is optional and has no default. */
type Given<O extends FieldOptions, T> = O extends { optional: true } ? T | undefined : T;
type Range = { min?: number; max?: number };

/** The kinds of settings. Each takes the options of every field, and its own. */
export const field = {
  /** Any text; `pattern` narrows it, and `form` then says what is expected. */
  text<const O extends FieldOptions & { pattern?: RegExp; form?: string }>(options: O): ConfigField<Given<O, string>> {
    const { pattern = /[^]/, form = 'text' } = options;
    return make(options, form, z.string().regex(pattern, `must be ${form}`));
  },

  /** `true`, `yes`, `on`, `1`, or `false`, `no`, `off`, `0`. */
  flag<const O extends FieldOptions>(options: O): ConfigField<Given<O, boolean>> {
    return make(options, 'true or false', read('true or false', readFlag));
  },

  /** A whole number, within `min` and `max`. */
  wholeNumber<const O extends FieldOptions & Range>(options: O): ConfigField<Given<O, number>> {
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
    const form = `a whole number${rangeOf(options, (value) => value.toLocaleString('en-US'))}`;
    return make(
      options,
      form,
      read(form, (text) => inRange(/^-?\d+$/.test(text) ? Number(text) : null, min, max)),
    );
  },

  /** Milliseconds, written with a unit (`5s`, `1500ms`, `2m`) or plainly; within `min` and `max`, which are milliseconds. */
  duration<const O extends FieldOptions & Range>(options: O): ConfigField<Given<O, number>> {
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
    const form = `a duration like 5s, 1500ms or 2m${rangeOf(options, formatDuration)}`;
    return make(
      options,
      form,
      read(form, (text) => inRange(parseDuration(text), min, max)),
    );
  },

  /** One of a few words. */
  choice<const Choice extends string, const O extends FieldOptions & { of: readonly Choice[] }>(
    options: O & { of: readonly Choice[] },
  ): ConfigField<Given<O, Choice>> {
    const form = `one of ${options.of.join(', ')}`;
    const find = (text: string): Choice | null => options.of.find((choice) => choice === text) ?? null;
    return make(options, form, read(form, find));
  },

  /** What `parse` reads, which says what the text must be when it cannot: `must be a day`. */
  parsed<
    T,
    const O extends FieldOptions & { form: string; parse: (text: string) => { value: T } | { problem: string } },
  >(options: O & { parse: (text: string) => { value: T } | { problem: string } }): ConfigField<Given<O, T>> {
    const schema = z.string().transform((text, context) => {
      const found = options.parse(text.trim());
      if ('value' in found) return found.value;
      context.addIssue(found.problem);
      return z.NEVER;
    });
    return make(options, options.form, schema);
  },

  /** A list of words with commas between them; white space around them does not count. */
  list<const O extends FieldOptions>(options: O): ConfigField<Given<O, readonly string[]>> {
    const form = 'a list with commas between its items';
    return make(options, form, read(form, readList));
  },

  /** A URL with one of these `protocols`, such as `['http:', 'https:']`. Comes back as it was written. */
  url<const O extends FieldOptions & { protocols: readonly string[] }>(options: O): ConfigField<Given<O, string>> {
    const { protocols } = options;
    const form = `a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
    const find = (text: string): string | null => (protocols.includes(URL.parse(text)?.protocol ?? '') ? text : null);
    return make(options, form, read(form, find));
  },

  /** Where Redis is; several nodes of a cluster with commas between them. Comes back as it was written. */
  redisAddress<const O extends FieldOptions>(options: O): ConfigField<Given<O, string>> {
    const parse = (text: string): { value: string } | { problem: string } => {
      const { problem } = readRedisAddress(text);
      return problem === undefined ? { value: text } : { problem };
    };
    return field.parsed({ ...options, form: redisAddressForm, parse });
  },
};

function make<T, O extends FieldOptions>(
  options: O,
  form: string,
  schema: z.ZodType<T, string>,
): ConfigField<Given<O, T>> {
  const { env, description, optional = false, secret = false } = options;
  const shown = {
    ...pick('default', options.default),
    ...pick('example', options.example),
    ...pick('envFirst', options.envFirst),
  };
  // A field is optional in its type exactly when its options say so; parseConfig gives undefined for it then.
  return Object.freeze({ env, description, schema, form, optional, secret, ...shown }) as ConfigField<Given<O, T>>;
}

function pick<K extends string>(key: K, value: string | undefined): { [key in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: string });
}

/** A schema from a function that answers null to what it cannot read. */
function read<T>(form: string, parse: (text: string) => T | null): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    const value = parse(text.trim());
    if (value !== null) return value;
    context.addIssue(`must be ${form}`);
    return z.NEVER;
  });
}

function readFlag(text: string): boolean | null {
  const word = text.toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(word)) return true;
  return ['false', 'no', 'off', '0'].includes(word) ? false : null;
}

function readList(text: string): readonly string[] {
  return Object.freeze(
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}

function inRange(value: number | null, min: number, max: number): number | null {
  return value !== null && Number.isSafeInteger(value) && value >= min && value <= max ? value : null;
}

function rangeOf({ min, max }: Range, format: (value: number) => string): string {
  if (min !== undefined && max !== undefined) return ` from ${format(min)} to ${format(max)}`;
  if (min !== undefined) return `, at least ${format(min)}`;
  return max === undefined ? '' : `, at most ${format(max)}`;
}
