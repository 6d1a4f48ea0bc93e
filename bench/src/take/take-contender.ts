import type { BenchPayload } from '../put/put-plan.ts';
import type { TakeOrder } from './take-plan.ts';

/** What a contender is given for one run. */
interface TakeSetting {
  /** Where the jobs are: the socket on which Redis listens, or what bunqueue's address says. */
  readonly address: string;
  readonly order: TakeOrder;
  readonly payloads: readonly BenchPayload[];
  /** The handler of each job. */
  readonly handle: (payload: BenchPayload) => Promise<BenchResult | null>;
  /** To be called for each job that Redis has as completed. */
  readonly onCompleted: () => void;
}

/** A queue full of jobs and a connected worker that has not begunMs. */
export interface PreparedRun {
  /** Lets the worker begin. */
  go(): Promise<void>;
  /** Jobs that wait or run, of a contender without Redis; of the others the bench counts them in Redis. */
  left?(): Promise<number>;
  close(): Promise<void>;
}

/** Fills a queue and connects a worker to it. */
export type PrepareRun = (setting: TakeSetting) => Promise<PreparedRun>;

export interface BenchResult {
  status: number;
  digest: string;
  bytes: number;
  url: string;
}
