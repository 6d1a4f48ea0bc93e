import { type JobContract, LeaseLostError, type Logger } from '@sluice/shared';
import type { Attempt } from '../handler/attempt.ts';
import type { AttemptWords } from './attempt-words.ts';
import { progressAsJson } from './progress-json.ts';

export interface HandleFields {
  readonly id: string;
  readonly payload: unknown;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly fence: number;
  readonly signal: AbortSignal;
  deadline: number;
}

export interface HandleSources {
  /** Called when the handler first looks at its log: a logger costs as much as all else. */
  readonly log: () => Logger;
  readonly save: (value: unknown) => Promise<void>;
  readonly words: AttemptWords;
}

/** What a handler gets, and the means to take it away again. */
export interface AttemptHandle {
  readonly attempt: Attempt<JobContract>;
  /** Shows a new deadline. */
  moveDeadline(deadline: number): void;
  /** From now on nothing is stored any more: a handler that was given up must not write. Words refuse by themselves. */
  close(): void;
}

/** Builds what a handler gets. Its methods work without `this`, and it may be taken apart or copied. */
export function openAttempt(fields: HandleFields, sources: HandleSources): AttemptHandle {
  const handed = new HandedAttempt(fields, sources);
  return {
    attempt: handed as unknown as Attempt<JobContract>,
    moveDeadline: (deadline) => {
      handed.deadline = deadline;
    },
    close: () => HandedAttempt.close(handed),
  };
}

class HandedAttempt implements HandleFields {
  /** A property of each attempt, for one of the class would be left out of a copy. Shared, to be quick. */
  static readonly #logProperty = {
    enumerable: true,
    get(this: HandedAttempt): Logger {
      return (this.#log ??= this.#sources.log());
    },
  };
  readonly id: string;
  readonly payload: unknown;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly fence: number;
  readonly signal: AbortSignal;
  deadline: number;
  declare readonly log: Logger;
  readonly progress: (value: unknown) => Promise<void>;
  readonly ack: AttemptWords['ack'];
  readonly nack: AttemptWords['nack'];
  readonly term: AttemptWords['term'];
  readonly extend: AttemptWords['extend'];
  readonly #sources: HandleSources;
  #log: Logger | undefined;
  #open = true;

  constructor(fields: HandleFields, sources: HandleSources) {
    this.id = fields.id;
    this.payload = fields.payload;
    this.attempt = fields.attempt;
    this.maxAttempts = fields.maxAttempts;
    this.fence = fields.fence;
    this.signal = fields.signal;
    this.deadline = fields.deadline;
    this.#sources = sources;
    Object.defineProperty(this, 'log', HandedAttempt.#logProperty);
    this.ack = sources.words.ack;
    this.nack = sources.words.nack;
    this.term = sources.words.term;
    this.extend = sources.words.extend;
    this.progress = (value) => {
      const written = this.#write(value);
      written.catch(() => undefined); // nobody has to wait for progress: a lost one must not end the process
      return written;
    };
  }

  /** Not a method: a handler would see it. */
  static close(handed: HandedAttempt): void {
    handed.#open = false;
  }

  async #write(value: unknown): Promise<void> {
    if (!this.#open) throw new LeaseLostError(this.id);
    progressAsJson(value);
    await this.#sources.save(value);
  }
}
