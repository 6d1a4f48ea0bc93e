import type { JobContract } from '../job/contracts/job-contract.ts';
import type { JobOf, QueueDefinition } from '../job/contracts/queue-policy.ts';
import type { Attempt } from '../job/handler/attempt.ts';

/**
 * A job that a consumer holds: what a handler gets, with the same ack methods. It is renewed in the background, and has the same
 * deadline: then the signal aborts, and a lease that is not settled by the end of the contract's `graceMs` is a failed attempt.
 *
 * At the end of an `await using` block the job is given back, no attempt spent, unless it was settled. Leaving the block by a
 * throw does that too: say `term`, or let the deadline pass, for a job that should not come again at once.
 */
export interface JobLease<C extends JobContract = JobContract> extends Attempt<C>, AsyncDisposable {
  /** The contract's name: distinguishes the jobs of a queue with several contracts. */
  readonly job: C['name'];
}

/** A lease on some job of the queue. */
export type LeaseOf<Q extends QueueDefinition> =
  JobOf<Q> extends infer C ? (C extends JobContract ? JobLease<C> : never) : never;
