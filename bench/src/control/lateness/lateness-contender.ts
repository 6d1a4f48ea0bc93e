/** A queue with a worker that serves it. */
export interface LatenessQueue {
  /** @param n handed to {@link LatenessSetting.onStart} */
  addDelayed(n: number, delayMs: number): Promise<unknown>;
  /** Puts jobs that the worker only has to get out of the way. */
  addPlain(count: number): Promise<unknown>;
  /** Iterations are reported by {@link LatenessSetting.onIteration}. */
  schedule(everyMs: number): Promise<unknown>;
  unschedule(): Promise<unknown>;
  close(): Promise<void>;
}

export interface LatenessSetting {
  readonly socketPath: string;
  readonly slots: number;
  /** To be called when the handler of a delayed job starts. */
  readonly onStart: (n: number) => void;
  /** To be called when the handler of an iteration starts. */
  readonly onIteration: (dueAtMs: number) => void;
}

export type OpenLatenessQueue = (setting: LatenessSetting) => Promise<LatenessQueue>;

/** Payload of a job whose start nobody measures. */
export const PLAIN = -1;
/** Payload of an iteration. */
export const ITERATION = -2;

/** BullMQ names a scheduler's job after the time at which it is due. */
export function dueAtMsOf(id: string): number {
  return Number(id.slice(id.lastIndexOf(':') + 1));
}
