/** What every job of these queues carries. */
export interface QueuesPayload {
  n: number;
}

export interface OpenProducer {
  put(payload: QueuesPayload): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface OpenWorker {
  close(): Promise<unknown>;
}

interface WorkerOptions {
  readonly slots: number;
  readonly onCompleted: () => void;
}

/** One library's producers and workers of many queues, which are numbered. */
export interface QueuesContender {
  openProducer(socketPath: string, queue: number): Promise<OpenProducer>;
  openWorker(socketPath: string, queue: number, options: WorkerOptions): Promise<OpenWorker>;
}

/** What is kept of completed jobs, for both. */
export const KEEP = { count: 1_000, ageMs: 3_600_000 } as const;
