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

/** An attempt in the hands of a consumer. */
export interface HeldLease {
  readonly lease: JobLease;
  /** Resolves when its holder has nothing more to do with it. */
  readonly ended: Promise<void>;
  /** The lease is over, whatever its holder does: nothing waits for that. */
  forget(): void;
  /** Gives the job back, unless it is settled. Never rejects. */
  giveBack(): Promise<void>;
}

/** Makes a lease of an attempt. It ends with the first call of an ack method. */
export function holdLease(contract: JobContract, attempt: Attempt): HeldLease {
  const ended = Promise.withResolvers<void>();
  const ending = (settled: Promise<void>): Promise<void> => settled.finally(ended.resolve);
  const { ack, nack, term } = attempt;
  const giveBack = (): Promise<void> => ending(nack()).catch(() => undefined);
  const lease: JobLease = Object.assign(attempt, {
    job: contract.name,
    ack: (...result: Parameters<typeof ack>) => quiet(ending(ack(...result))),
    nack: (...options: Parameters<typeof nack>) => quiet(ending(nack(...options))),
    term: (reason: string) => quiet(ending(term(reason))),
    [Symbol.asyncDispose]: giveBack,
  });
  return { lease, ended: ended.promise, forget: () => ended.resolve(), giveBack };
}

/** A caller need not wait for an ack method, so an unhandled refusal must not end the process. */
function quiet(settled: Promise<void>): Promise<void> {
  settled.catch(() => undefined);
  return settled;
}
