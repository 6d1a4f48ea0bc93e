import type { AttemptHost, AttemptRecord } from './attempt-record.ts';
import { recordFailure } from '../job/failure-record.ts';
import type { Place } from './find-place.ts';
import { giveUp } from './give-up.ts';
import type { RunListener } from './handler-run.ts';

/** Counts and tells what happens to a handler beside the ending of its attempt. */
export class HandlerWatch implements RunListener {
  readonly #place: Place;
  readonly #record: AttemptRecord;
  readonly #host: AttemptHost;

  constructor(place: Place, record: AttemptRecord, host: AttemptHost) {
    this.#place = place;
    this.#record = record;
    this.#host = host;
  }

  onAbandoned(): void {
    giveUp(this.#place, this.#record.about, this.#host);
  }

  /** One in a thread has ended with it. */
  onReturned(): void {
    if (this.#place.kind === 'main loop') this.#host.tally.add('abandoned', -1);
  }

  onStray(error: unknown): void {
    const { code, message } = recordFailure(error);
    this.#host.events.emit('strayError', { ...this.#record.about, code, message });
  }
}
