import { checkOptions } from '../job/options/check-options.ts';
import {
  JobAlreadySettledError,
  LeaseLostError,
  OptionError,
  PermanentJobError,
  RetryLaterError,
  CompletionRefusedError,
} from '../job/errors/index.ts';
import type { AckArguments } from '../job/handler/attempt.ts';
import type { HandlerRun, Saying } from './handler-run.ts';
import { delayMs } from '../job/options/option-rules.ts';
import type { Outcome } from '../job/outcome.ts';

const nackRules = { delayMs: delayMs() };

interface Said {
  /** The outcome that the word asks for. */
  readonly wants: Outcome['kind'];
  readonly answer: PromiseWithResolvers<void>;
}

/**
 * The words by which a handler ends its attempt before it returns. The first one counts, and is answered when it is written.
 * They work without `this`.
 */
export class AttemptWords {
  readonly ack: (...result: AckArguments<unknown>) => Promise<void>;
  readonly nack: (options?: { delayMs?: number }) => Promise<void>;
  readonly term: (reason: string) => Promise<void>;
  readonly extend: (ms: number) => Promise<number>;
  readonly #id: string;
  readonly #run: Pick<HandlerRun, 'say'>;
  #said: Said | null = null;

  /**
   * @param id in its caller's form
   * @param extend moves the deadline and the lease, and returns the new deadline in milliseconds since the epoch
   */
  constructor(id: string, run: Pick<HandlerRun, 'say'>, extend: (ms: number) => Promise<number>) {
    this.#id = id;
    this.#run = run;
    this.ack = (value) => this.#say('completed', { how: 'returned', value });
    this.nack = (options = {}) => this.#nack(options);
    this.term = (reason) => this.#say('dead', { how: 'threw', error: new PermanentJobError(reason) });
    this.extend = (ms) => unheeded(this.#said ? Promise.reject(this.#tooLate()) : extend(ms));
  }

  /** Tells whoever said a word what became of it. */
  answer(outcome: Outcome, written: boolean): void {
    if (!this.#said) return;
    const { wants, answer } = this.#said;
    if (written && outcome.kind === wants) answer.resolve();
    else if (written && outcome.kind === 'dead') answer.reject(new CompletionRefusedError(outcome.failure.message));
    else answer.reject(new LeaseLostError(this.#id));
  }

  #nack(options: { delayMs?: number }): Promise<void> {
    try {
      checkOptions('nack', nackRules, options, OptionError);
    } catch (error) {
      return unheeded(Promise.reject(error));
    }
    const { delayMs = 0 } = options;
    const error = new RetryLaterError({ delayMs, reason: 'given back by nack' });
    return this.#say('released', { how: 'threw', error });
  }

  #say(wants: Outcome['kind'], saying: Saying): Promise<void> {
    if (!this.#run.say(saying)) return unheeded(Promise.reject(this.#tooLate()));
    this.#said = { wants, answer: Promise.withResolvers() };
    return unheeded(this.#said.answer.promise);
  }

  #tooLate(): JobAlreadySettledError {
    return new JobAlreadySettledError(this.#id);
  }
}

/** Nobody has to wait for a word: one that is refused must not end the process. */
function unheeded<T>(answer: Promise<T>): Promise<T> {
  answer.catch(() => undefined);
  return answer;
}
