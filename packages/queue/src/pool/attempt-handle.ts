import { type JobContract, LeaseLostError, type Logger } from '@sluice/shared';
import type { Attempt } from '../handler/attempt.ts';
import { ProgressInvalidError } from './attempt-errors.ts';
import { poolDefaults } from './pool-defaults.ts';

export interface HandleFields {
  readonly id: string;
  readonly payload: unknown;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly fence: number;
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
    checkProgress(value);
    await save(value);
  };
  const progress = (value: unknown): Promise<void> => {
    const written = write(value);
    written.catch(() => undefined); // nobody has to wait for progress: a lost one must not end the process
    return written;
  };
  return { attempt: { ...fields, progress } as Attempt<JobContract>, close: () => void (open = false) };
}

function checkProgress(value: unknown): void {
  const json = asJson(value);
  if (json === undefined) throw new ProgressInvalidError('progress cannot be written as JSON');
  const bytes = Buffer.byteLength(json);
  const { progressMaxBytes } = poolDefaults;
  if (bytes > progressMaxBytes) {
    throw new ProgressInvalidError(
      `progress has ${bytes} bytes as JSON, more than the ${progressMaxBytes} that are allowed`,
    );
  }
}

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) as string | undefined;
  } catch {
    return undefined;
  }
}
