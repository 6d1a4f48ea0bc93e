import type { PoolServices, AttemptRecord } from './attempt-record.ts';
import { recordFailure } from '../job/failure-record.ts';
import type { Place } from './find-place.ts';
import { giveUp } from './give-up.ts';
import type { RunListener } from './handler-run.ts';

/** Counts and reports what happens to a handler apart from its attempt's result. */
export class HandlerMonitor implements RunListener {
  readonly #place: Place;
  readonly #record: AttemptRecord;
  readonly #services: PoolServices;

  constructor(place: Place, record: AttemptRecord, services: PoolServices) {
    this.#place = place;
    this.#record = record;
    this.#services = services;
  }

  onAbandoned(): void {
    giveUp(this.#place, this.#record.about, this.#services);
  }

  /** One in a thread has ended with it. */
  onReturned(): void {
    if (this.#place.kind === 'main loop') this.#services.tally.add('abandoned', -1);
  }

  onErrorAfterSettle(error: unknown): void {
    const { code, message } = recordFailure(error);
    this.#services.events.emit('errorAfterSettle', { ...this.#record.about, code, message });
  }
}
