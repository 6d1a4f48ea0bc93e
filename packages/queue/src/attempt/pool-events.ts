import { checkOptions } from '../job/options/check-options.ts';
import { OptionError } from '../job/errors/index.ts';
import * as optionRule from '../job/options/option-rules.ts';
import { type OptionRules } from '../job/options/option-rules.ts';
import type { UnservedJob } from './unserved-jobs.ts';

/** Which job an event is about. */
export interface JobEvent {
  /** As its caller gave it. */
  readonly id: string;
  /** The contract's name. */
  readonly job: string;
  /** From 1. */
  readonly attempt: number;
}

/** The events of a pool. Logs and metrics only listen. */
export interface PoolEvents {
  /** A handler starts. */
  started: JobEvent;
  /** Ended well, `ms` after its handler started. */
  completed: JobEvent & { readonly ms: number };
  /** Failed, and will be retried after the delay. */
  retried: JobEvent & { readonly code: string; readonly message: string; readonly delayMs: number };
  /** Given back, no attempt spent. */
  released: JobEvent & { readonly code: string; readonly message: string; readonly delayMs: number };
  /** Ended for good without success. */
  dead: JobEvent & { readonly code: string; readonly message: string };
  /** Its `expiresAt` passed before it was done. It is kept as a dead letter. */
  expired: JobEvent & { readonly code: string; readonly message: string };
  /** Somebody cancelled it while it ran. It is kept as a dead letter. */
  cancelled: JobEvent & { readonly code: string; readonly message: string };
  /** Its data was gone: another client had removed the job while its id was still in the queue. */
  missing: JobEvent & { readonly code: string; readonly message: string };
  /** A handler moved its deadline. */
  extended: JobEvent & { readonly deadlineAtMs: number };
  /** A handler threw after it had called `ack`, `nack` or `term`. The error changes nothing. */
  errorAfterSettle: JobEvent & { readonly code: string; readonly message: string };
  /** The handler was not back by the end of its grace. It may still be running, but nothing it does counts any more. */
  abandoned: JobEvent;
  /** The handler was not back by the end of its grace, and the thread that it ran in was ended. */
  terminated: JobEvent;
  /** An outcome could not be written: another worker has the job, or will have it. */
  leaseLost: JobEvent & { readonly outcome: string };
  /**
   * The event loop was blocked beyond an attempt's deadline and grace, so the lease thread ended it as timed out. The
   * handler's own `outcome` came too late.
   */
  settledByWatchdog: JobEvent & { readonly outcome: string };
  /** Jobs of dead workers were given back. */
  recovered: { readonly ids: readonly string[] };
  /** Leases had expired, as during a Redis outage, and were reacquired before another worker took the jobs. */
  reacquired: { readonly count: number };
  /** Leases cannot be renewed: the lease thread cannot reach Redis, or died. It keeps trying. */
  leaseThreadLost: { readonly message: string };
  /** Leases are renewed again. */
  leaseThreadBack: { readonly awayMs: number };
  /** The event loop was blocked for a second or more, usually by a handler. */
  loopBlocked: { readonly ms: number };
  /** The pool takes no more jobs; `busy` attempts still run. */
  draining: { readonly busy: number };
  /** A drain's time is over: the signals of these attempts abort. */
  interrupting: { readonly busy: number };
  /** Nothing runs any more, and the connections are closed. */
  stopped: Record<string, never>;
  /** Redis does not answer, or answers with errors. The pool keeps trying. */
  redisLost: { readonly message: string };
  /** Redis answers again. */
  redisBack: { readonly awayMs: number };
  /** Jobs of this name come, and cannot be run here: no handler, a newer version, or a module that does not load. Emitted once. */
  unserved: UnservedJob;
  /** An unexpected failure. The pool continues. */
  fault: { readonly where: string; readonly error: unknown };
}

const EVENT_NAMES = Object.keys({
  started: true,
  completed: true,
  retried: true,
  released: true,
  dead: true,
  expired: true,
  cancelled: true,
  missing: true,
  extended: true,
  errorAfterSettle: true,
  abandoned: true,
  terminated: true,
  leaseLost: true,
  settledByWatchdog: true,
  recovered: true,
  reacquired: true,
  leaseThreadLost: true,
  leaseThreadBack: true,
  loopBlocked: true,
  draining: true,
  interrupting: true,
  stopped: true,
  redisLost: true,
  redisBack: true,
  unserved: true,
  fault: true,
} satisfies Record<keyof PoolEvents, true>);

const ON_RULES = {
  event: optionRule.required(optionRule.oneOf(EVENT_NAMES)),
  listener: optionRule.required(optionRule.callable),
} satisfies OptionRules;

/** The return value is ignored, except for a promise that rejects. */
type Listener<E> = (event: E) => unknown;
type ListenerSets = { [K in keyof PoolEvents]?: Set<Listener<PoolEvents[K]>> };

/** Emits events to listeners. A listener that throws or rejects affects neither the pool nor the other listeners. */
export class PoolEmitter {
  readonly #listeners: ListenerSets = {};

  /**
   * @returns a function that ends the subscription
   * @throws OptionError when there is no such event, or the listener is no function
   */
  on<K extends keyof PoolEvents>(name: K, listener: Listener<PoolEvents[K]>): () => void {
    checkOptions('on', ON_RULES, { event: name, listener }, OptionError);
    const set = this.#setOf(name);
    set.add(listener);
    return () => void set.delete(listener);
  }

  emit<K extends keyof PoolEvents>(name: K, event: PoolEvents[K]): void {
    for (const listener of this.#setOf(name)) {
      try {
        const returned = listener(event);
        // It is not awaited, and an unhandled rejection ends the process.
        if (returned instanceof Promise) returned.catch((error: unknown) => this.#onFault(name, error));
      } catch (error) {
        this.#onFault(name, error);
      }
    }
  }

  /** A listener to faults that fails itself does not get its own fault. */
  #onFault(name: keyof PoolEvents, error: unknown): void {
    if (name !== 'fault') this.emit('fault', { where: `a listener to ${name}`, error });
  }

  #setOf<K extends keyof PoolEvents>(name: K): Set<Listener<PoolEvents[K]>> {
    const known: Set<Listener<PoolEvents[K]>> | undefined = this.#listeners[name];
    if (known) return known;
    const fresh = new Set<Listener<PoolEvents[K]>>();
    Object.assign(this.#listeners, { [name]: fresh });
    return fresh;
  }
}
