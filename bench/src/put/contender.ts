import type { BenchPayload } from './put-plan.ts';

/** One way to bring jobs into a queue, connected and ready. All of them have this shape. */
export interface Contender {
  /** Resolves once Redis has the job. */
  put(payload: BenchPayload): Promise<unknown>;
  /** Resolves once Redis has all of them; in the way that the contender's own documentation has for many jobs. */
  putBatch(payloads: readonly BenchPayload[]): Promise<unknown>;
  /** How many jobs have arrived, of a contender without Redis; of the others the bench counts them in Redis. */
  arrived?(): Promise<number>;
  /** Deletes all jobs, of a contender without Redis. */
  empty?(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Connects a contender to where its jobs are: the socket on which Redis listens, or what bunqueue's address says. */
export type OpenContender = (address: string) => Promise<Contender>;

/** Above all that a run puts: the bound is checked for every job and refuses none. */
export const AMPLE_CAPACITY = 1_000_000;
/** What every contender calls its jobs. */
export const JOB_NAME = 'bench';
