import { type JobContract, type PayloadInput, type Result } from '../job/contracts/job-contract.ts';
import * as optionRule from '../job/options/option-rules.ts';
import { type OptionRules } from '../job/options/option-rules.ts';
import { type WhenFull } from '../job/contracts/queue-policy.ts';
import { type PutOptions, putRules } from './put-options.ts';

export interface GatherOptions {
  /**
   * Failures become values at their position instead of rejecting the whole.
   *
   * @default false
   */
  returnExceptions?: boolean;
  /**
   * How long each put waits for capacity, in milliseconds up to 2,147,483,647; `Infinity` for no limit.
   *
   * @default 30_000
   */
  waitMs?: number;
  /**
   * How long each result is awaited after its put, in milliseconds up to 2,147,483,647; `Infinity` for no limit.
   *
   * @default 60_000
   */
  resultWaitMs?: number;
  /**
   * Cancels the puts that have not been sent yet, and ends the wait for results: `gather` rejects with the signal's reason, or
   * has it as the failure of each unfinished job with `returnExceptions`. Jobs that were added continue.
   *
   * @default none
   */
  signal?: AbortSignal;
  /**
   * What each put does when there is no free capacity.
   *
   * @default the queue's own policy
   */
  whenFull?: WhenFull;
}

export const gatherRules = {
  returnExceptions: optionRule.yesOrNo,
  waitMs: putRules.waitMs,
  resultWaitMs: putRules.waitMs,
  signal: putRules.signal,
  whenFull: putRules.whenFull,
} satisfies OptionRules<GatherOptions>;

/** One job and its payload, for each job of the tuple. */
export type GatherPairs<Jobs extends readonly JobContract[]> = {
  readonly [K in keyof Jobs]: readonly [job: Jobs[K], payload: PayloadInput<Jobs[K]>];
};

/** The results at the same positions. */
export type Gathered<Jobs extends readonly JobContract[], Failure = never> = {
  -readonly [K in keyof Jobs]: Result<Jobs[K]> | Failure;
};

interface Waits {
  put: PutOptions;
  result: { waitMs?: number; signal?: AbortSignal };
}

type RunOne<Jobs extends readonly JobContract[]> = (
  job: Jobs[number],
  payload: PayloadInput<Jobs[number]>,
  waits: Waits,
) => Promise<unknown>;

/** Runs all pairs at once and keeps their order. */
export async function gatherResults<Jobs extends readonly JobContract[]>(
  runOne: RunOne<Jobs>,
  pairs: GatherPairs<Jobs>,
  options: GatherOptions,
): Promise<Gathered<Jobs, Error>> {
  const { waitMs, resultWaitMs, signal, whenFull } = options;
  const shared = signal ? { signal } : {};
  const waits: Waits = {
    put: { ...(waitMs === undefined ? {} : { waitMs }), ...(whenFull && { whenFull }), ...shared },
    result: { ...(resultWaitMs === undefined ? {} : { waitMs: resultWaitMs }), ...shared },
  };
  // A mapped tuple is a list of its members; the compiler does not see that while `Jobs` is open.
  const list = pairs as unknown as readonly (readonly [Jobs[number], PayloadInput<Jobs[number]>])[];
  const running = list.map(([job, payload]) => runOne(job, payload, waits));
  if (options.returnExceptions) return (await Promise.all(running.map(asValue))) as Gathered<Jobs, Error>;
  return (await Promise.all(running)) as Gathered<Jobs, Error>;
}

async function asValue(result: Promise<unknown>): Promise<unknown> {
  try {
    return await result;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
