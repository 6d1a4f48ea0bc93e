import { asStringifiable } from '../job/encoding/exact-json.ts';
import { type JobContract } from '../job/contracts/job-contract.ts';
import { LeaseLostError } from '../job/errors/index.ts';
import { type Logger } from '../job/logging/logger.ts';
import type { Attempt } from '../job/handler/attempt.ts';
import type { AttemptHost, AttemptRecord } from './attempt-record.ts';
import type { AttemptWords } from './attempt-words.ts';
import type { HandlerRun } from './handler-run.ts';
import { progressAsJson } from '../job/progress-json.ts';
import { attemptsOf } from '../job/retry-delay.ts';

/** What the pool needs to make it. */
export type HandleHost = Pick<AttemptHost, 'store' | 'clock' | 'log'>;

/** What a handler gets. Its methods work without `this`, and it may be taken apart or copied. */
export class HandedAttempt {
  /** A property of each attempt, for one of the class would be left out of a copy. Shared, to be quick. */
  static readonly #logProperty = {
    enumerable: true,
    get(this: HandedAttempt): Logger {
      return (this.#log ??= this.#makeLog());
    },
  };

  readonly id: string;
  readonly payload: unknown;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly fence: number;
  readonly signal: AbortSignal;
  deadline: number;
  /** Made when the handler first looks at it: a logger costs as much as all else. */
  declare readonly log: Logger;
  readonly progress: (value: unknown) => Promise<void>;
  readonly ack: AttemptWords['ack'];
  readonly nack: AttemptWords['nack'];
  readonly term: AttemptWords['term'];
  readonly extend: AttemptWords['extend'];
  readonly #record: AttemptRecord;
  readonly #host: HandleHost;
  #log: Logger | undefined;
  #open = true;

  constructor(record: AttemptRecord, contract: JobContract, run: HandlerRun, words: AttemptWords, host: HandleHost) {
    const { delivery } = record;
    this.id = record.id;
    this.payload = record.payload;
    this.attempt = record.attempt;
    this.maxAttempts = attemptsOf(delivery.options, contract);
    this.fence = delivery.fence;
    this.signal = run.signal;
    this.deadline = host.clock.wallMs() + run.timeoutMs;
    this.#record = record;
    this.#host = host;
    Object.defineProperty(this, 'log', HandedAttempt.#logProperty);
    this.ack = words.ack;
    this.nack = words.nack;
    this.term = words.term;
    this.extend = words.extend;
    this.progress = (value) => {
      const written = this.#write(value);
      written.catch(() => undefined); // nobody has to wait for progress: a lost one must not end the process
      return written;
    };
  }

  /** From now on nothing is stored any more: a handler that was given up must not write. Words refuse by themselves. */
  static close(handed: HandedAttempt): void {
    handed.#open = false;
  }

  /** As its handler sees it: what belongs to the pool is static, so that it is not there. */
  static shown(handed: HandedAttempt): Attempt<JobContract> {
    return handed as unknown as Attempt<JobContract>;
  }

  #makeLog(): Logger {
    const { id, attempt, delivery } = this.#record;
    return this.#host.log.child({ job: delivery.name, jobId: id, attempt });
  }

  async #write(value: unknown): Promise<void> {
    if (!this.#open) throw new LeaseLostError(this.id);
    await this.#host.store.saveProgress(this.#record.delivery, asStringifiable(progressAsJson(value)));
  }
}
