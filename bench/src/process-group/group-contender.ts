/** What a job of a process group carries: the payload of all benches, and when its put was called. */
export interface GroupPayload {
  url: string;
  note: string;
  /** {@link monotonicMs} of the process that puts. */
  calledAtMs: number;
}

export interface ProducerSide {
  /** Resolves once Redis has the job. */
  put(payload: GroupPayload): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface WorkerSide {
  close(): Promise<unknown>;
}

interface WorkerOptions {
  readonly socketPath: string;
  readonly slots: number;
  /** A handler has a job that was put at that time. */
  readonly onStarted: (calledAtMs: number) => void;
  /** Redis has it as completed. */
  readonly onCompleted: (calledAtMs: number) => void;
}

/** One library's two sides. */
export interface GroupSides {
  openProducer(socketPath: string): Promise<ProducerSide>;
  openWorker(options: WorkerOptions): Promise<WorkerSide>;
}

/** What is kept of completed jobs, on all sides: the last 1,000, or of these what is younger than an hour. */
export const KEEP = { count: 1_000, ageMs: 3_600_000 } as const;
