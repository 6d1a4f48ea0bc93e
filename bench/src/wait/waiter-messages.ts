/** What a process of waiting producers is started with. */
export interface WaiterOptions {
  readonly socketPath: string;
  readonly capacity: number;
  /** How many puts of this process wait at once; each is followed by the next. */
  readonly waiters: number;
}

/** A put that got in. Times are {@link monotonicMs}. */
export interface Admission {
  readonly id: string;
  readonly calledAt: number;
  readonly admittedAt: number;
  /** Unfinished jobs right after it, counted in the same atomic run. */
  readonly depth: number;
}

export interface WaiterAccount {
  readonly admissions: readonly Admission[];
  /** When those who still waited at the end had called. */
  readonly stillWaiting: readonly number[];
}
