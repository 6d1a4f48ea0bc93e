import type { Attempt } from './attempt.ts';

/** What is run in a seat: a payload as it was stored. */
export interface SeatPayload {
  /** The version of the contract that it was put under. */
  readonly version: number;
  readonly json: string;
}

/** A place outside the main loop that is held for one attempt. */
export interface Seat {
  /** Runs the handler there. */
  handle(attempt: Attempt): Promise<unknown>;
  /** Ends the run by force. Resolves when nothing of it is left. */
  terminate(): Promise<void>;
  /** To be called when nothing more is wanted of the seat. */
  leave(): void;
}
