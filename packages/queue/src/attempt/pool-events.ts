import { Emitter } from '../job/emitter.ts';
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

/** An attempt that did not end well, and why. */
interface Failed extends JobEvent {
  readonly code: string;
  readonly message: string;
  readonly ms: number;
}

/** The events of a pool. Logs and metrics only listen. */
export interface PoolEvents {
  /**
   * Taken from the queue. `waitedMs`: for how long it could have started before; null when it was taken before, and where it is not
   * known.
   */
  taken: JobEvent & { readonly waitedMs: number | null };
  /** A handler starts. */
  started: JobEvent;
  /** Ended well. `ms`, here and in the next ones: since it came to its slot. */
  completed: JobEvent & { readonly ms: number };
  /** Failed, and will be retried after the delay. */
  retried: Failed & { readonly delayMs: number };
  /** Given back, no attempt spent. */
  released: Failed & { readonly delayMs: number };
  /** Ended for good without success. */
  dead: Failed;
  /** Its `expiresAt` passed before it was done. It is kept as a dead letter. */
  expired: Failed;
  /** Somebody cancelled it while it ran. It is kept as a dead letter. */
  cancelled: Failed;
  /** Its data was gone: another client had removed the job while its id was still in the queue. */
  missing: Failed;
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
  taken: true,
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

/** Emits the events of a pool. What a listener fails with is an event, too. */
export class PoolEmitter extends Emitter<PoolEvents> {
  constructor() {
    super(EVENT_NAMES);
  }

  /** A listener to faults that fails itself does not get its own fault. */
  protected override onFault(name: keyof PoolEvents, error: unknown): void {
    if (name !== 'fault') this.emit('fault', { where: `a listener to ${name}`, error });
  }
}
