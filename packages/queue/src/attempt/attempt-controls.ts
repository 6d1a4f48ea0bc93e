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
import type { HandlerRun, HandlerEnd } from './handler-run.ts';
import { delayMs } from '../job/options/option-rules.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';

const nackRules = { delayMs: delayMs() };

interface EarlySettle {
  /** The outcome that the ack method asks for. */
  readonly wants: AttemptOutcome['kind'];
  readonly answer: PromiseWithResolvers<void>;
}

/**
 * The ack methods, by which a handler settles its attempt before it returns, and `extend`. The first ack method counts; its
 * promise resolves when the end is written. They work without `this`.
 */
export class AttemptControls {
  readonly ack: (...result: AckArguments<unknown>) => Promise<void>;
  readonly nack: (options?: { delayMs?: number }) => Promise<void>;
  readonly term: (reason: string) => Promise<void>;
  readonly extend: (ms: number) => Promise<number>;
  readonly #id: string;
  readonly #run: Pick<HandlerRun, 'settleEarly'>;
  #early: EarlySettle | null = null;

  /**
   * @param id in its caller's form
   * @param extend moves the deadline and the lease, and returns the new deadline in milliseconds since the epoch
   */
  constructor(id: string, run: Pick<HandlerRun, 'settleEarly'>, extend: (ms: number) => Promise<number>) {
    this.#id = id;
    this.#run = run;
    this.ack = (value) => this.#settle('completed', { how: 'returned', value });
    this.nack = (options = {}) => this.#nack(options);
    this.term = (reason) => this.#settle('dead', { how: 'threw', error: new PermanentJobError(reason) });
    this.extend = (ms) => handled(this.#early ? Promise.reject(this.#tooLate()) : extend(ms));
  }

  /** Resolves or rejects the promise of the ack method that was called, if one was. */
  answer(outcome: AttemptOutcome, written: boolean): void {
    if (!this.#early) return;
    const { wants, answer } = this.#early;
    if (written && outcome.kind === wants) answer.resolve();
    else if (written && outcome.kind === 'dead') answer.reject(new CompletionRefusedError(outcome.failure.message));
    else answer.reject(new LeaseLostError(this.#id));
  }

  #nack(options: { delayMs?: number }): Promise<void> {
    try {
      checkOptions('nack', nackRules, options, OptionError);
    } catch (error) {
      return handled(Promise.reject(error));
    }
    const { delayMs = 0 } = options;
    const error = new RetryLaterError({ delayMs, reason: 'given back by nack' });
    return this.#settle('released', { how: 'threw', error });
  }

  #settle(wants: AttemptOutcome['kind'], end: HandlerEnd): Promise<void> {
    if (!this.#run.settleEarly(end)) return handled(Promise.reject(this.#tooLate()));
    this.#early = { wants, answer: Promise.withResolvers() };
    return handled(this.#early.answer.promise);
  }

  #tooLate(): JobAlreadySettledError {
    return new JobAlreadySettledError(this.#id);
  }
}

/** A caller need not wait for an ack method, so a refusal that nobody handles must not end the process. */
function handled<T>(answer: Promise<T>): Promise<T> {
  answer.catch(() => undefined);
  return answer;
}
