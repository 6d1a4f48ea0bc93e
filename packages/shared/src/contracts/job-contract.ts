import type { z } from 'zod';
import { DefinitionError } from '../errors/index.ts';
import { isName, nameRule } from './name.ts';

export interface Backoff {
  /** `fixed`: the same delay each time. `exponential`: doubled each time, from `delayMs`. */
  type: 'fixed' | 'exponential';
  /** Milliseconds, at least 0. */
  delayMs: number;
  /** Share of the delay that is random, 0 to 1. */
  jitter: number;
}

export interface RetryPolicy {
  /** How often the job may be tried in all, 1 to 1,000. */
  attempts: number;
  backoff: Backoff;
}

/** Turns a payload of one version into that of the next. */
export type Upcast = (payload: unknown) => unknown;

export interface JobOptions<Name extends string, Payload extends z.ZodType, Result extends z.ZodType> {
  /** 1 to 100 of `A-Z a-z 0-9 . _ -`, such as `http.fetch`. Stored as BullMQ's job name. */
  name: Name;
  /** Counts up from 1 whenever old payloads no longer parse; at most 1,000,000. Default 1. */
  version?: number;
  payload: Payload;
  result: Result;
  /** The deadline of one attempt, after its start. 1 to 86,400,000. Default 60,000. */
  timeoutMs?: number;
  /** How long a handler may take to stop after its deadline. 0 to 600,000. Default 2,000. */
  graceMs?: number;
  /** How far a put or `extend` may move the deadline, from `timeoutMs` to 864,000,000. Default: ten times `timeoutMs`. */
  timeoutMaxMs?: number;
  /** Default: 3 attempts, exponential from 1,000 ms, half of it random. */
  retry?: { attempts?: number; backoff?: Partial<Backoff> };
  /**
   * Payloads of version `n` become those of `n + 1` by `upcasts[n]`. Either there is one for every version below this
   * one, or none at all: old payloads are then parsed as they are.
   */
  upcasts?: Record<number, Upcast>;
}

/** Name, version, schemas, times and retry policy of one kind of job. Made by {@link defineJob}; frozen. */
export interface JobContract<
  Name extends string = string,
  Payload extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> {
  readonly name: Name;
  readonly version: number;
  readonly payload: Payload;
  readonly result: Result;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly timeoutMaxMs: number;
  readonly retry: Readonly<RetryPolicy>;
  readonly upcasts: Readonly<Record<number, Upcast>>;
}

/** What a caller puts: the input of the payload schema. */
export type PayloadInput<C extends JobContract> = z.input<C['payload']>;
/** What a handler gets: the output of the payload schema. */
export type Payload<C extends JobContract> = z.output<C['payload']>;
/** What a handler returns: the input of the result schema. */
export type ResultInput<C extends JobContract> = z.input<C['result']>;
/** What a caller reads: the output of the result schema. */
export type Result<C extends JobContract> = z.output<C['result']>;

export const jobDefaults = {
  timeoutMs: 60_000,
  graceMs: 2_000,
  attempts: 3,
  backoff: { type: 'exponential', delayMs: 1_000, jitter: 0.5 },
} as const satisfies { timeoutMs: number; graceMs: number; attempts: number; backoff: Backoff };

/**
 * Defines one kind of job.
 *
 * @throws DefinitionError when a name, version or number is out of its range, with all problems at once.
 */
export function defineJob<const Name extends string, Payload extends z.ZodType, Result extends z.ZodType>(
  options: JobOptions<Name, Payload, Result>,
): JobContract<Name, Payload, Result> {
  const timeoutMs = options.timeoutMs ?? jobDefaults.timeoutMs;
  const contract: JobContract<Name, Payload, Result> = {
    name: options.name,
    version: options.version ?? 1,
    payload: options.payload,
    result: options.result,
    timeoutMs,
    graceMs: options.graceMs ?? jobDefaults.graceMs,
    timeoutMaxMs: options.timeoutMaxMs ?? timeoutMs * 10,
    retry: Object.freeze({
      attempts: options.retry?.attempts ?? jobDefaults.attempts,
      backoff: Object.freeze({ ...jobDefaults.backoff, ...options.retry?.backoff }),
    }),
    upcasts: Object.freeze({ ...options.upcasts }),
  };
  const problems = problemsOf(contract);
  if (problems.length > 0) throw new DefinitionError(`job ${options.name}: ${problems.join('; ')}`);
  return Object.freeze(contract);
}

const VERSION_MAX = 1_000_000;

function problemsOf(contract: JobContract): string[] {
  const { retry } = contract;
  const checks: [boolean, string][] = [
    [isName(contract.name), `name must be ${nameRule}`],
    [isCount(contract.version, 1, VERSION_MAX), 'version must be a whole number from 1 to 1,000,000'],
    [isCount(contract.timeoutMs, 1, 86_400_000), 'timeoutMs must be 1 to 86,400,000'],
    [isCount(contract.graceMs, 0, 600_000), 'graceMs must be 0 to 600,000'],
    [
      isCount(contract.timeoutMaxMs, contract.timeoutMs, 864_000_000),
      'timeoutMaxMs must be from timeoutMs to 864,000,000',
    ],
    [isCount(retry.attempts, 1, 1_000), 'retry.attempts must be 1 to 1,000'],
    [
      retry.backoff.type === 'fixed' || retry.backoff.type === 'exponential',
      'backoff.type must be fixed or exponential',
    ],
    [isCount(retry.backoff.delayMs, 0, 86_400_000), 'backoff.delayMs must be 0 to 86,400,000'],
    [retry.backoff.jitter >= 0 && retry.backoff.jitter <= 1, 'backoff.jitter must be 0 to 1'],
  ];
  return [...checks.filter(([holds]) => !holds).map(([, problem]) => problem), ...problemsOfUpcasts(contract)];
}

/** Steps are all or nothing: with some of them, a payload would stop half-way. */
function problemsOfUpcasts({ upcasts, version }: JobContract): string[] {
  const from = Object.keys(upcasts).map(Number);
  const needed = from.length > 0 && isCount(version, 1, VERSION_MAX) ? version - 1 : 0;
  const lacking = Array.from({ length: Math.min(needed, 1_000) }, (_, index) => index + 1).filter((n) => !upcasts[n]);
  const foreign = from.filter((n) => !isCount(n, 1, version - 1));
  return [
    ...lacking.map((n) => `upcasts lacks a step from version ${n}`),
    ...foreign.map((n) => `upcasts has a step from version ${n}, which is not below ${version}`),
  ];
}

function isCount(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
