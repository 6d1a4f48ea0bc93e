import type { ThreadHandle } from '../job/handler/thread-handle.ts';
import { recordFailure } from '../job/failure-record.ts';
import type { PoolServices } from './attempt-record.ts';
import type { CallCount, RunListener } from './handler-run.ts';
import type { JobEvent } from './pool-events.ts';

/** How long a thread may take to end before its handler counts as abandoned: only native code takes longer. */
const END_MAX_MS = 1_000;

/** Counts and reports what happens to a handler apart from its attempt's result. Ends the thread of one that is given up. */
export class HandlerMonitor implements RunListener {
  readonly #thread: ThreadHandle | null;
  readonly #about: JobEvent;
  readonly #services: Pick<PoolServices, 'events' | 'counters'>;
  readonly #call: CallCount;

  /**
   * @param thread in which the handler runs; null: on the main loop, where nothing can be ended by force
   * @param call shared by the attempts of a batch
   */
  constructor(
    thread: ThreadHandle | null,
    about: JobEvent,
    services: Pick<PoolServices, 'events' | 'counters'>,
    call: CallCount = { abandoned: 0 },
  ) {
    this.#thread = thread;
    this.#about = about;
    this.#services = services;
    this.#call = call;
  }

  /** Waits for nothing. */
  onAbandoned(): void {
    const { events, counters } = this.#services;
    if (this.#thread) return this.#terminate(this.#thread);
    if (this.#call.abandoned === 0) counters.add('abandoned');
    this.#call.abandoned += 1;
    events.emit('abandoned', this.#about);
  }

  /** One in a thread has ended with it. */
  onReturned(): void {
    if (this.#thread) return;
    this.#call.abandoned -= 1;
    if (this.#call.abandoned === 0) this.#services.counters.add('abandoned', -1);
  }

  onErrorAfterSettle(error: unknown): void {
    const { code, message } = recordFailure(error);
    this.#services.events.emit('errorAfterSettle', { ...this.#about, code, message });
  }

  #terminate(thread: ThreadHandle): void {
    const { events, counters } = this.#services;
    counters.add('terminated');
    events.emit('terminated', this.#about);
    let isAbandoned = false;
    const late = setTimeout(() => {
      isAbandoned = true;
      counters.add('abandoned');
    }, END_MAX_MS);
    void thread.terminate().then(() => {
      clearTimeout(late);
      if (isAbandoned) counters.add('abandoned', -1);
    });
  }
}
