import type { BenchPayload } from '../put/put-plan.ts';
import type { TakeOrder } from './take-order.ts';

export const contenderNames = ['bullmq', 'bee-queue', 'sluice'] as const;
export type ContenderName = (typeof contenderNames)[number];

/** What a contender is given for one run. */
export interface TakeSetting {
  readonly socketPath: string;
  readonly order: TakeOrder;
  readonly payloads: readonly BenchPayload[];
  /** The handler of each job. */
  readonly handle: (payload: BenchPayload) => Promise<BenchResult | null>;
  /** To be told about each job that Redis has as completed. */
  readonly onCompleted: () => void;
}

/** A queue full of jobs and a connected worker that has not begun. */
export interface PreparedRun {
  /** Lets the worker begin. */
  go(): Promise<void>;
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

export interface ContenderFacts {
  readonly title: string;
  /** The lists of jobs that wait and that run: empty after a run. */
  readonly lists: readonly string[];
  /** The sorted set of completed jobs; null when none are kept. */
  readonly completed: string | null;
}

export const contenderFacts: Readonly<Record<ContenderName, ContenderFacts>> = {
  bullmq: { title: 'BullMQ', lists: ['bull:take:wait', 'bull:take:active'], completed: 'bull:take:completed' },
  'bee-queue': { title: 'bee-queue', lists: ['bq:take:waiting', 'bq:take:active'], completed: null },
  sluice: {
    title: 'Sluice',
    lists: ['bull:{take}:wait', 'bull:{take}:active'],
    completed: 'bull:{take}:completed',
  },
};
