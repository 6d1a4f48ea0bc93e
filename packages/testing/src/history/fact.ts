import type { CancelOutcome } from '@sluice/queue';
/** How a handler's run ended, recorded by the handler before the pool settles. */
export type ReturnedOutcome =
  /** It returned, so the job will be acknowledged. */
  | 'completed'
  /** It threw: one attempt is spent. */
  | 'failed'
  /** It gave the job back: no attempt is spent. */
  | 'released';

/** How a job ended for good. */
export type SettledOutcome = 'completed' | 'dead';

/** What a pool's event says about an attempt. */
export type ReportedOutcome = 'completed' | 'retried' | 'released' | 'dead' | 'abandoned' | 'lease-lost';

/**
 * Faults of a process or of Redis. `exit` is SIGTERM. `drop` loses one reply and cuts its connection. `block`
 * is a handler that blocks its process.
 */
export type FaultKind = 'kill' | 'exit' | 'stop' | 'cut' | 'stall' | 'drop' | 'block';

interface PutFact {
  /** The job's id, as the caller gave it. */
  id: string;
  /** The process or task that put it. */
  producer: string;
}

interface RunFact {
  id: string;
  /** The worker process. A restarted one needs a new name. */
  worker: string;
  /** From 1, as the handler gets it. */
  attempt: number;
  /** A unique name of the run; its result or error may contain it. */
  run?: string;
}

/** Something that happened, recorded by the process that saw it. Each type says whether it is recorded before or after. */
export type Fact =
  /** Recorded before the put is sent. */
  | ({ type: 'put-sent' } & PutFact)
  /** The put resolved. Redis has the job. */
  | ({ type: 'put-answered'; status: 'created' | 'duplicate' | 'deduplicated' } & PutFact)
  /** The put rejected, and the error says that nothing was added. */
  | ({ type: 'put-refused'; code: string } & PutFact)
  /** The put rejected, but the job may have been added. */
  | ({ type: 'put-unknown'; code: string } & PutFact)
  /** Recorded first in the handler. `edit`: the edit that its payload comes from; none for the payload as it was put. */
  | ({ type: 'delivered'; timeoutMs?: number; fence?: number; edit?: string } & RunFact)
  /** Recorded last in the handler, before the pool settles the attempt. */
  | ({ type: 'returned'; outcome: ReturnedOutcome } & RunFact)
  /** Recorded after Redis has accepted the job's end. */
  | { type: 'settled'; id: string; worker: string; outcome: SettledOutcome }
  /** Recorded at the pool's event. The slot is free then, except for `abandoned`, which comes before the end. */
  | ({ type: 'reported'; outcome: ReportedOutcome } & RunFact)
  /** Recorded before a cancel is sent. */
  | { type: 'cancel-sent'; id: string; producer: string }
  /** The cancel resolved. */
  | { type: 'cancel-answered'; id: string; producer: string; answer: CancelOutcome }
  /** Recorded before an operator's order is sent, such as a replay; about a job, or the queue. */
  | { type: 'order-sent'; order: string; operator: string; id?: string }
  /** The order was answered. */
  | { type: 'order-answered'; order: string; operator: string; id?: string; answer: string }
  /** Recorded before a fault of a process or of `redis`, and after it, if it ends. */
  | { type: 'fault'; phase: 'began' | 'ended'; kind: FaultKind; target: string }
  /** Recorded after the process is gone, before it is replaced. */
  | { type: 'killed'; process: string }
  /** A reading of the queue's depth. */
  | { type: 'depth'; queue: string; depth: number };

/** A fact and when it was recorded, in epoch milliseconds of the writer's clock. The list gives the order, not the clock. */
export type RecordedFact = Fact & { at: number };
