import type { JobsOptions } from 'bullmq';

/** Which of the two queues that a sequence works on. Flows and children span both. */
export type QueueIndex = 0 | 1;

export interface NewJob {
  name: string;
  data: unknown;
  opts: JobsOptions;
}

export interface NewFlow {
  queue: QueueIndex;
  job: NewJob;
  children: NewFlow[];
}

/**
 * One step of a sequence. `pick` chooses among what the sequence has made so far: `job` among all jobs that were ever
 * answered, `taken` among those that were taken and not yet settled. `work` takes a job and ends it for good; `wake` is
 * what an idle worker does before it takes: it pops the marker, without which the others would never wake up.
 */
export type Operation =
  | { do: 'add'; queue: QueueIndex; job: NewJob }
  | { do: 'addTogether'; queue: QueueIndex; jobs: NewJob[] }
  | { do: 'addBulk'; queue: QueueIndex; jobs: NewJob[] }
  | { do: 'addFlow'; flow: NewFlow }
  | { do: 'addFlows'; flows: NewFlow[] }
  | { do: 'addChild'; queue: QueueIndex; parent: number; job: NewJob }
  | { do: 'schedule'; queue: QueueIndex; id: string; repeat: Repetition; job: NewJob }
  | { do: 'unschedule'; queue: QueueIndex; id: string }
  | { do: 'take'; queue: QueueIndex }
  | { do: 'work'; queue: QueueIndex; end: 'completed' | 'failed' }
  | { do: 'wake'; queue: QueueIndex }
  | { do: 'complete'; taken: number }
  | { do: 'fail'; taken: number; forGood: boolean }
  | { do: 'giveBack'; taken: number }
  | { do: 'postpone'; taken: number; delayMs: number }
  | { do: 'awaitChildren'; taken: number }
  | { do: 'retry'; job: number; state: 'failed' | 'completed'; reset: boolean }
  | { do: 'promote'; job: number }
  | { do: 'changePriority'; job: number; priority: number; lifo: boolean }
  | { do: 'changeDelay'; job: number; delayMs: number }
  | { do: 'updateData'; job: number; data: unknown }
  | { do: 'remove'; job: number; withChildren: boolean }
  | { do: 'pause' | 'resume'; queue: QueueIndex }
  | { do: 'limitConcurrency'; queue: QueueIndex; slots: number }
  | { do: 'retryJobs'; queue: QueueIndex; state: 'failed' | 'completed'; count: number }
  | { do: 'promoteJobs'; queue: QueueIndex; count: number }
  | { do: 'drain'; queue: QueueIndex; delayed: boolean }
  | { do: 'clean'; queue: QueueIndex; state: CleanedState; limit: number }
  | { do: 'obliterate'; queue: QueueIndex }
  | { do: 'letTimePass'; ms: number };

type Repetition = { every: number } | { pattern: string };

type CleanedState = 'completed' | 'failed' | 'wait' | 'delayed' | 'prioritized' | 'active';
