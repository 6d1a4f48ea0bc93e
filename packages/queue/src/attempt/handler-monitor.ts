import type { PoolServices, AttemptRecord } from './attempt-record.ts';
import { recordFailure } from '../job/failure-record.ts';
import type { Executor } from './find-executor.ts';
import { giveUp } from './give-up.ts';
import type { RunListener } from './handler-run.ts';

/** Counts and reports what happens to a handler apart from its attempt's result. */
export class HandlerMonitor implements RunListener {
  readonly #executor: Executor;
  readonly #record: AttemptRecord;
  readonly #services: PoolServices;

  constructor(executor: Executor, record: AttemptRecord, services: PoolServices) {
    this.#executor = executor;
    this.#record = record;
    this.#services = services;
  }

  onAbandoned(): void {
    giveUp(this.#executor, this.#record.about, this.#services);
  }

  /** One in a thread has ended with it. */
  onReturned(): void {
    if (this.#executor.kind === 'main loop') this.#services.counters.add('abandoned', -1);
  }

  onErrorAfterSettle(error: unknown): void {
    const { code, message } = recordFailure(error);
    this.#services.events.emit('errorAfterSettle', { ...this.#record.about, code, message });
  }
}
