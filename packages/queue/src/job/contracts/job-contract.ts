import type { StandardSchemaV1 } from '@standard-schema/spec';
import { DefinitionError } from '../errors/index.ts';
import { checkOptions } from '../options/check-options.ts';
import {
  attempts,
  isObject,
  numberBetween,
  oneOf,
  type OptionRule,
  type OptionRules,
  options,
  required,
  wholeNumber,
} from '../options/option-rules.ts';
import { withDefaults } from '../options/with-defaults.ts';
import { nameOption } from './name.ts';
import { secretFieldsRule } from './secret-fields.ts';

/** The pause before each retry (BullMQ: backoff). */
export interface Backoff {
  /** `fixed`: the same delay each time. `exponential`: doubled each time, from `delayMs`. */
  type: 'fixed' | 'exponential';
  /** Milliseconds, at least 0. */
  delayMs: number;
  /** Share of the delay that is random, 0 to 1. */
  jitter: number;
}

/** How often a job is tried, and the pauses in between. */
export interface RetryPolicy {
  /** How often the job may be tried in all, 1 to 1,000. */
  attempts: number;
  /** The pauses between the attempts. */
  backoff: Backoff;
}

/** Turns a payload of one version into that of the next. */
export type Upcast = (payload: unknown) => unknown;

export interface JobOptions<Name extends string, Payload extends StandardSchemaV1, Result extends StandardSchemaV1> {
  /** 1 to 100 of `A-Z a-z 0-9 . _ -`, such as `http.fetch`. Stored as BullMQ's job name. */
  name: Name;
  /**
   * Counts up from 1 whenever old payloads no longer parse; at most 1,000,000.
   *
   * @default 1
   */
  version?: number;
  /**
   * What callers put: a schema of zod 4, or of any other library of Standard Schema. Checked when a job is put and again when it is
   * taken. Callers put its input, the handler gets its output. `z.void()` for none.
   */
  payload: Payload;
  /** What the handler returns: a schema, as `payload` is. The handler returns its input, callers read its output. `z.void()` for none. */
  result: Result;
  /**
   * The deadline of one attempt, after its start. 1 to 86,400,000.
   *
   * @default 60_000
   */
  timeoutMs?: number;
  /**
   * How long a handler may take to stop after its deadline. 0 to 600,000.
   *
   * @default 2_000
   */
  graceMs?: number;
  /**
   * How far a put or `extend` may move the deadline, from `timeoutMs` to 864,000,000.
   *
   * @default ten times `timeoutMs`
   */
  timeoutMaxMs?: number;
  /** @default 3 attempts, exponential from 1,000 ms, half of it random */
  retry?: { attempts?: number; backoff?: Partial<Backoff> };
  /**
   * Payloads of version `n` become those of `n + 1` by `upcasts[n]`. Either there is one for every version below this
   * one, or none at all: old payloads are then parsed as they are.
   *
   * @default none
   */
  upcasts?: Record<number, Upcast>;
  /**
   * Paths of the payload whose values only handlers see, such as `card.number`, or `cards.*.number` for each of a list: at most 20. What shows
   * payloads (`admin`, the commands, the HTTP API, the console) shows `[hidden]` there. Redis has them as they are.
   *
   * @default none
   */
  secretFields?: readonly string[];
}

/** Name, version, schemas, times and retry policy of one kind of job. Made by {@link defineJob}; frozen. */
export interface JobContract<
  Name extends string = string,
  Payload extends StandardSchemaV1 = StandardSchemaV1,
  Result extends StandardSchemaV1 = StandardSchemaV1,
> {
  /** See {@link JobOptions.name}; so too the following. */
  readonly name: Name;
  /** From 1. */
  readonly version: number;
  /** The schema of what callers put. */
  readonly payload: Payload;
  /** The schema of what the handler returns. */
  readonly result: Result;
  /** The deadline of one attempt, after its start. */
  readonly timeoutMs: number;
  /** How long a handler may take to stop after its deadline. */
  readonly graceMs: number;
  /** How far a put or `extend` may move the deadline, after the start of the attempt. */
  readonly timeoutMaxMs: number;
  /** All of it, with the defaults. */
  readonly retry: Readonly<RetryPolicy>;
  /** Empty when there are none. */
  readonly upcasts: Readonly<Record<number, Upcast>>;
  /** Empty when there are none. */
  readonly secretFields: readonly string[];
}

/**
 * What a caller puts: the input of the payload schema. Of a contract that is one of several, only what fits each of them: as what a
 * function takes, and not what it gives, so that the compiler looks for what all have in common.
 */
export type PayloadInput<C extends JobContract> = (
  C extends unknown ? (payload: StandardSchemaV1.InferInput<C['payload']>) => void : never
) extends (payload: infer Fitting) => void
  ? Fitting
  : never;
/** What a handler gets: the output of the payload schema. */
export type Payload<C extends JobContract> = StandardSchemaV1.InferOutput<C['payload']>;
/** What a handler returns: the input of the result schema. */
export type ResultInput<C extends JobContract> = StandardSchemaV1.InferInput<C['result']>;
/** The same, and nothing where the result may be left out: a function without a `return` gives `void`, not `undefined`. */
export type Returned<C extends JobContract> =
  | ResultInput<C>
  // oxlint-disable-next-line typescript/no-invalid-void-type -- it is what such a function returns
  | (undefined extends ResultInput<C> ? void : never);
/** What a caller reads: the output of the result schema. */
export type Result<C extends JobContract> = StandardSchemaV1.InferOutput<C['result']>;

/** The defaults of `defineJob`. */
export const jobDefaults = {
  timeoutMs: 60_000,
  graceMs: 2_000,
  attempts: 3,
  backoff: { type: 'exponential', delayMs: 1_000, jitter: 0.5 },
} as const satisfies { timeoutMs: number; graceMs: number; attempts: number; backoff: Backoff };

const DAY_MS = 86_400_000;

/** A schema may be a function too, as arktype's are. What has no `~standard.validate` would fail at the first job. */
const schema: OptionRule = required({
  must: 'be a schema of zod (from 3.25), valibot, arktype or another library of Standard Schema, with a validate function',
  holds: (value) => {
    const standard: unknown = (value as Partial<StandardSchemaV1> | null | undefined)?.['~standard'];
    return isObject(standard) && typeof standard['validate'] === 'function';
  },
});

const backoffRules = {
  type: oneOf(['fixed', 'exponential']),
  delayMs: wholeNumber(0, DAY_MS),
  jitter: numberBetween(0, 1),
} satisfies OptionRules<Backoff>;

const jobRules = {
  name: required(nameOption),
  version: wholeNumber(1, 1_000_000),
  payload: schema,
  result: schema,
  timeoutMs: wholeNumber(1, DAY_MS),
  graceMs: wholeNumber(0, 600_000),
  timeoutMaxMs: wholeNumber(1, 10 * DAY_MS),
  retry: options({ attempts, backoff: options(backoffRules) }),
  upcasts: { must: 'be an object of functions by version', holds: isObject },
  secretFields: secretFieldsRule,
} satisfies OptionRules<JobOptions<string, StandardSchemaV1, StandardSchemaV1>>;

/**
 * Defines one kind of job.
 *
 * @throws DefinitionError when a name, schema, version or number cannot work, or an option is unknown; with all problems at once.
 */
export function defineJob<const Name extends string, Payload extends StandardSchemaV1, Result extends StandardSchemaV1>(
  given: JobOptions<Name, Payload, Result>,
): JobContract<Name, Payload, Result> {
  const where = isObject(given) ? `job ${given.name}` : 'defineJob';
  checkOptions(where, jobRules, given, DefinitionError);
  const timeoutMs = given.timeoutMs ?? jobDefaults.timeoutMs;
  const contract: JobContract<Name, Payload, Result> = {
    name: given.name,
    version: given.version ?? 1,
    payload: given.payload,
    result: given.result,
    timeoutMs,
    graceMs: given.graceMs ?? jobDefaults.graceMs,
    timeoutMaxMs: given.timeoutMaxMs ?? timeoutMs * 10,
    retry: Object.freeze({
      attempts: given.retry?.attempts ?? jobDefaults.attempts,
      backoff: Object.freeze(withDefaults<Backoff>(jobDefaults.backoff, given.retry?.backoff)),
    }),
    upcasts: Object.freeze({ ...given.upcasts }),
    secretFields: Object.freeze([...(given.secretFields ?? [])]),
  };
  const problems = [...problemsOfDeadline(contract), ...problemsOfUpcasts(contract)];
  if (problems.length > 0) throw new DefinitionError(`${where}: ${problems.join('; ')}`);
  return Object.freeze(contract);
}

function problemsOfDeadline({ timeoutMs, timeoutMaxMs }: JobContract): string[] {
  return timeoutMaxMs >= timeoutMs ? [] : [`timeoutMaxMs must be at least timeoutMs, which is ${timeoutMs}`];
}

/** Steps are all or nothing: with some of them, a payload would stop half-way. */
function problemsOfUpcasts({ upcasts, version }: JobContract): string[] {
  const from = Object.keys(upcasts).map(Number);
  const needed = from.length > 0 ? version - 1 : 0;
  const lacking = Array.from({ length: Math.min(needed, 1_000) }, (_, index) => index + 1).filter((n) => !upcasts[n]);
  const foreign = from.filter((n) => !(Number.isSafeInteger(n) && n >= 1 && n < version));
  const idle = Object.entries(upcasts).filter(([, step]) => typeof step !== 'function');
  return [
    ...lacking.map((n) => `upcasts lacks a step from version ${n}`),
    ...foreign.map((n) => `upcasts has a step from version ${n}, which is not below ${version}`),
    ...idle.map(([n]) => `upcasts[${n}] must be a function`),
  ];
}
