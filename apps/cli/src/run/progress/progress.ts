/** Where a run stands. */
export interface Progress {
  /** Lines that have a result. */
  done: number;
  /** Lines that will have one; null when the input is a stream. */
  total: number | null;
  failed: number;
  /** Results per second, over the last seconds. */
  ratePerSecond: number;
  /** URLs that a worker is fetching now. */
  inFlight: number;
  /** Unfinished jobs in the queue. */
  depth: number;
  capacity: number;
  /** Lines that were read and wait for capacity in the queue or for their host. */
  waiting: number;
  elapsedMs: number;
}

/** Shows a run's progress. Every method may be called at any time; none throws. */
export interface ProgressReport {
  start(progress: Progress): void;
  update(progress: Progress): void;
  /** One line about something that happened, such as a worker that died. */
  note(line: string): void;
  stop(): void;
}

/** Shows nothing: for `--quiet` and for tests. */
export const silentReport: ProgressReport = {
  start: () => undefined,
  update: () => undefined,
  note: () => undefined,
  stop: () => undefined,
};
