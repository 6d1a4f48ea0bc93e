import type { BenchPayload } from './put-plan.ts';

/** One way to bring jobs into a queue, connected and ready. All of them have this shape. */
export interface Contender {
  /** Resolves once Redis has the job. */
  put(payload: BenchPayload): Promise<unknown>;
  /** Resolves once Redis has all of them; in the way that the contender's own documentation has for many jobs. */
  putBatch(payloads: readonly BenchPayload[]): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Connects a contender to the Redis that listens on this socket. */
export type OpenContender = (socketPath: string) => Promise<Contender>;

export const contenderNames = [
  'floor',
  'bullmq',
  'bee-queue',
  'backend-unbounded',
  'backend-bounded',
  'sluice',
] as const;
export type ContenderName = (typeof contenderNames)[number];

export interface ContenderFacts {
  readonly title: string;
  /** The list in which its jobs wait: where the bench counts what has arrived. */
  readonly waitKey: string;
}

export const contenderFacts: Readonly<Record<ContenderName, ContenderFacts>> = {
  floor: { title: 'plain commands (floor)', waitKey: 'floor:put:wait' },
  bullmq: { title: 'BullMQ', waitKey: 'bull:put:wait' },
  'bee-queue': { title: 'bee-queue', waitKey: 'bq:put:waiting' },
  'backend-unbounded': { title: "BullMQ on Sluice's backend, no capacity", waitKey: 'bull:unbounded:wait' },
  'backend-bounded': { title: "BullMQ on Sluice's backend, capacity", waitKey: 'bull:bounded:wait' },
  sluice: { title: 'Sluice', waitKey: 'bull:{put}:wait' },
};

/** Above all that a run puts: the bound is checked for every job and refuses none. */
export const roomyCapacity = 1_000_000;
