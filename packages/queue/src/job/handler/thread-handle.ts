import type { Attempt } from './attempt.ts';

/** What runs in a thread: a payload as it was stored. */
export interface ThreadPayload {
  /** The version of the contract that it was put under. */
  readonly version: number;
  readonly json: string;
}

/** A thread outside the main loop that is held for one attempt. */
export interface ThreadHandle {
  /** Runs the handler there. */
  handle(attempt: Attempt): Promise<unknown>;
  /** Ends the run by force. Resolves when nothing of it is left. */
  terminate(): Promise<void>;
  /** To be called when the attempt no longer needs the thread. */
  release(): void;
}
