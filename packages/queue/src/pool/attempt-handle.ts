import { type JobContract, LeaseLostError, type Logger } from '@sluice/shared';
import type { Attempt } from '../handler/attempt.ts';
import { progressAsJson } from './progress-json.ts';

export interface HandleFields {
  readonly id: string;
  readonly payload: unknown;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly signal: AbortSignal;
  readonly deadline: number;
  readonly log: Logger;
}

/** What a handler gets, and the means to take it away again. */
export interface AttemptHandle {
  readonly attempt: Attempt<JobContract>;
  /** From now on the attempt's methods refuse: a handler that was given up must not write any more. */
  close(): void;
}

/** Builds what a handler gets. Its methods work without `this`. */
export function openAttempt(fields: HandleFields, save: (value: unknown) => Promise<void>): AttemptHandle {
  let open = true;
  const write = async (value: unknown): Promise<void> => {
    if (!open) throw new LeaseLostError(fields.id);
    progressAsJson(value);
    await save(value);
  };
  const progress = (value: unknown): Promise<void> => {
    const written = write(value);
    written.catch(() => undefined); // nobody has to wait for progress: a lost one must not end the process
    return written;
  };
  return { attempt: { ...fields, progress } as Attempt<JobContract>, close: () => void (open = false) };
}
