/** How a handler's run ended, as the handler itself saw it, before anybody was told. */
export type ReturnedOutcome =
  /** It returned: the job is to be acknowledged. */
  | 'completed'
  /** It threw: one attempt is spent. */
  | 'failed'
  /** It gave the job back: no attempt is spent. */
  | 'released';

/** How a job ended for good. */
export type SettledOutcome = 'completed' | 'dead';

/** What a pool tells of an attempt, by its events. */
export type ReportedOutcome = 'completed' | 'retried' | 'released' | 'dead' | 'abandoned' | 'lease-lost';

/**
 * What may be done to a process or to Redis. `exit` is SIGTERM. `drop` loses one answer and cuts its connection. `block`
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
  /** The worker process. One that is started again needs a new name. */
  worker: string;
  /** From 1, as the handler was told. */
  attempt: number;
  /** Names this run among all; what it returns or throws may carry it. */
  run?: string;
}

/** Something that happened, told by the process that saw it. Whoever tells a fact says whether it is before or after. */
export type Fact =
  /** Called before the put is sent. */
  | ({ type: 'put-sent' } & PutFact)
  /** The put resolved. Redis has the job. */
  | ({ type: 'put-answered'; status: 'created' | 'duplicate' | 'deduplicated' } & PutFact)
  /** The put rejected, and the error says that nothing was added. */
  | ({ type: 'put-refused'; code: string } & PutFact)
  /** The put rejected, and the job may have been added all the same. */
  | ({ type: 'put-unknown'; code: string } & PutFact)
  /** Told as the handler's first act. */
  | ({ type: 'delivered'; timeoutMs?: number; fence?: number } & RunFact)
  /** Told as the handler's last act, before the pool settles the attempt. */
  | ({ type: 'returned'; outcome: ReturnedOutcome } & RunFact)
  /** Told after Redis has accepted the job's end. */
  | { type: 'settled'; id: string; worker: string; outcome: SettledOutcome }
  /** Called when the pool tells. The slot is free then, unless `abandoned`, which comes before the end. */
  | ({ type: 'reported'; outcome: ReportedOutcome } & RunFact)
  /** Called before a cancel is sent. */
  | { type: 'cancel-sent'; id: string; producer: string }
  /** The cancel resolved. */
  | { type: 'cancel-answered'; id: string; producer: string; answer: 'cancelled' | 'active' | 'ended' | 'unknown' }
  /** Called before something is done to a process, or to `redis`; and after it is over, where it can be over. */
  | { type: 'fault'; phase: 'began' | 'ended'; kind: FaultKind; target: string }
  /** Told after the process is gone, before another takes its place. */
  | { type: 'killed'; process: string }
  /** A reading of the queue's depth. */
  | { type: 'depth'; queue: string; depth: number };

/** A fact and when it was written down, in epoch milliseconds of the writer's clock. Order is the list's, not the clock's. */
export type RecordedFact = Fact & { at: number };
