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

/** Makes a lease of an attempt: it ends with the first word. */
export function holdLease(contract: JobContract, attempt: Attempt): HeldLease {
  const ended = Promise.withResolvers<void>();
  const ending = (word: Promise<void>): Promise<void> => word.finally(ended.resolve);
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

/** Nobody has to wait for a word: one that is refused must not end the process. */
function quiet(word: Promise<void>): Promise<void> {
  word.catch(() => undefined);
  return word;
}
