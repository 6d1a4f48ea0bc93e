import type { JobContract } from '../job/contracts/job-contract.ts';
import type { Attempt } from '../job/handler/attempt.ts';
import type { JobLease } from './job-lease.ts';

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

/** A caller need not wait for an ack method, so a refusal that nobody handles must not end the process. */
function quiet(settled: Promise<void>): Promise<void> {
  settled.catch(() => undefined);
  return settled;
}
