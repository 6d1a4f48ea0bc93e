import { asStringifiable } from '../job/encoding/exact-json.ts';
import { type JobContract } from '../job/contracts/job-contract.ts';
import { LeaseLostError } from '../job/errors/index.ts';
import { type Logger } from '../job/logging/logger.ts';
import type { Attempt } from '../job/handler/attempt.ts';
import type { PoolServices, AttemptRecord } from './attempt-record.ts';
import type { AttemptControls } from './attempt-controls.ts';
import type { HandlerRun } from './handler-run.ts';
import { progressAsJson } from '../job/progress-json.ts';
import { attemptsOf } from '../job/retry-delay.ts';

/** What it needs of its pool. */
export type ContextServices = Pick<PoolServices, 'store' | 'clock' | 'log'>;

/** What a handler gets. Its methods work without `this`, and it may be taken apart or copied. */
export class AttemptContext {
  /** A property of each attempt, for one of the class would be left out of a copy. Shared, to be quick. */
  static readonly #logProperty = {
    enumerable: true,
    get(this: AttemptContext): Logger {
      return (this.#log ??= this.#makeLog());
    },
  };

  readonly id: string;
  readonly payload: unknown;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly fencingToken: number;
  readonly signal: AbortSignal;
  deadlineAtMs: number;
  /** Made when the handler first looks at it: a logger costs as much as all else. */
  declare readonly log: Logger;
  readonly progress: (value: unknown) => Promise<void>;
  readonly ack: AttemptControls['ack'];
  readonly nack: AttemptControls['nack'];
  readonly term: AttemptControls['term'];
  readonly extend: AttemptControls['extend'];
  readonly #record: AttemptRecord;
  readonly #services: ContextServices;
  #log: Logger | undefined;
  #open = true;

  constructor(
    record: AttemptRecord,
    contract: JobContract,
    run: HandlerRun,
    controls: AttemptControls,
    services: ContextServices,
  ) {
    const { delivery } = record;
    this.id = record.id;
    this.payload = record.payload;
    this.attempt = record.attempt;
    this.maxAttempts = attemptsOf(delivery.options, contract);
    this.fencingToken = delivery.fence;
    this.signal = run.signal;
    this.deadlineAtMs = services.clock.wallMs() + run.timeoutMs;
    this.#record = record;
    this.#services = services;
    Object.defineProperty(this, 'log', AttemptContext.#logProperty);
    this.ack = controls.ack;
    this.nack = controls.nack;
    this.term = controls.term;
    this.extend = controls.extend;
    this.progress = (value) => {
      const written = this.#write(value);
      written.catch(() => undefined); // nobody has to wait for progress: a lost one must not end the process
      return written;
    };
  }

  /** From now on progress is refused: a handler that was given up must not write. The ack methods refuse by themselves. */
  static close(context: AttemptContext): void {
    context.#open = false;
  }

  /** As its handler sees it. What belongs to the pool is static, so that the handler does not get it. */
  static shown(context: AttemptContext): Attempt<JobContract> {
    return context as unknown as Attempt<JobContract>;
  }

  #makeLog(): Logger {
    const { id, attempt, delivery } = this.#record;
    return this.#services.log.child({ job: delivery.name, jobId: id, attempt });
  }

  async #write(value: unknown): Promise<void> {
    if (!this.#open) throw new LeaseLostError(this.id);
    await this.#services.store.saveProgress(this.#record.delivery, asStringifiable(progressAsJson(value)));
  }
}
