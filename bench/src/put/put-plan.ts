import type { RoundsOptions } from '../run-rounds.ts';

/** How the jobs of a run reach the queue. */
export const shapes = ['one-at-a-time', 'batches', 'in-flight'] as const;
export type Shape = (typeof shapes)[number];

export const shapeTitles: Readonly<Record<Shape, string>> = {
  'one-at-a-time': 'one at a time',
  batches: 'batches of 1,000',
  'in-flight': '100 in flight',
};

/** Jobs of one `putMany`, `addBulk` or `saveAll`. */
export const BATCH_JOBS = 1_000;
/** Puts that are in flight at any time in the shape `in-flight`. */
export const PUTS_IN_FLIGHT = 100;

export const payloadSizes = ['small', '1 KB'] as const;
export type PayloadSize = (typeof payloadSizes)[number];

/** What every contender puts. */
export interface BenchPayload {
  url: string;
  note: string;
}

const noteChars: Readonly<Record<PayloadSize, number>> = { small: 8, '1 KB': 960 };

/** The n-th payload: 61 bytes of JSON, or 1,013. No two are the same. */
export function payloadOf(size: PayloadSize, n: number): BenchPayload {
  return { url: `https://example.com/page/${String(n).padStart(8, '0')}`, note: 'n'.repeat(noteChars[size]) };
}

/** What every contender tells its queue about each job, in its own words: three attempts, the pause doubled from 1 s. */
export const retryPolicy = { attempts: 3, backoffMs: 1_000 } as const;

export interface PutBenchOptions extends RoundsOptions {
  /** Jobs of one run, 10 to 100,000; one at a time a fifth of them. */
  readonly jobs: number;
}

export const putBenchDefaults: PutBenchOptions = { rounds: 5, jobs: 5_000, timeLimitMs: 170_000 };

/** Waiting for each put is slow, and steady after few of them. */
export function jobsOf(shape: Shape, jobs: number): number {
  return shape === 'one-at-a-time' ? Math.max(1, Math.round(jobs / 5)) : jobs;
}
