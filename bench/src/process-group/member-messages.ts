/** At what pace a producer puts: so many at once, so many a second, or one at a time with pauses of a random length. */
export type Pace =
  | { readonly kind: 'in-flight'; readonly lanes: number }
  | { readonly kind: 'steady'; readonly perSecond: number }
  | { readonly kind: 'now-and-then'; readonly pauseMs: readonly [least: number, most: number] };

/** What a process of a process group is told. Each is answered by one message. */
export type MemberRequest =
  | { readonly type: 'open-producer'; readonly socketPath: string }
  | { readonly type: 'open-worker'; readonly socketPath: string; readonly slots: number }
  | { readonly type: 'put'; readonly jobs: number; readonly pace: Pace }
  | { readonly type: 'account' }
  | { readonly type: 'close' };

/** What a process has used since it was opened for a run, or since it began to put. */
export interface ProcessUse {
  /** User and system time, all threads, garbage collection included. */
  readonly cpuUs: number;
  /** What it holds of the machine's memory at the end. */
  readonly rssBytes: number;
}

/** What a worker has seen. */
export interface WorkerAccount {
  readonly completed: number;
  /** When the last one was completed; {@link monotonicMs}, 0 when there was none. */
  readonly lastAt: number;
  /** From the call of put to the start of the handler, and to completed. */
  readonly startedAfterMs: readonly number[];
  readonly completedAfterMs: readonly number[];
}

export type MemberAnswer =
  | { readonly type: 'done'; readonly use: ProcessUse }
  | { readonly type: 'account'; readonly use: ProcessUse; readonly account: WorkerAccount }
  | { readonly type: 'failed'; readonly message: string };
