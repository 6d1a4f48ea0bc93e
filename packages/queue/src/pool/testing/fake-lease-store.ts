import { CompletionRefusedError, LeaseLostError } from '../../job/errors/index.ts';
import type { Delivery, Taken } from '../../job/delivery.ts';
import type { ChildRecord } from '../../job/handler/child-outcome.ts';
import type { FailureRecord } from '../../job/failure-record.ts';
import type { LeaseStore, TakeContext, Batch, BatchReply, Wake } from '../../store/lease-store/lease-store.ts';
import { type FakeJob, FakeQueue } from './fake-queue.ts';

export type StoreCall = 'take' | 'complete' | 'retry' | 'deadLetter' | 'release' | 'discard' | 'wasRecorded';

const ANY: TakeContext = { which: 'any', hasOthers: false, alone: null };

/**
 * A store in memory that keeps the promises of {@link LeaseStore}: the conformance suite runs on it. It also records its
 * calls, and fails when a test says so.
 */
export class FakeLeaseStore implements LeaseStore {
  readonly queue: FakeQueue;
  /** What was called, in order, with the id of the job that it was about. */
  readonly calls: string[] = [];
  /** Errors that the next calls of a kind reject with, before they do anything. */
  readonly failures: Partial<Record<StoreCall, unknown[]>> = {};
  /** Errors that the next calls of a kind reject with although they have done their work. */
  readonly lostAnswers: Partial<Record<StoreCall, unknown[]>> = {};
  /** Whether a wait that ends takes jobs. */
  takesAtWake = false;
  readonly #pool: string;
  readonly #stopped = new AbortController();

  /** @param pool what the lock tokens begin with */
  constructor(queue = new FakeQueue(), pool = 'pool') {
    this.queue = queue;
    this.#pool = pool;
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#stopped.abort();
  }

  /** Puts jobs there. The word of them is still on its way. */
  add(...jobs: Partial<Delivery>[]): void {
    for (const job of jobs) this.queue.add(job);
  }

  /** Puts jobs there, and wakes a waiting caller. */
  offer(...jobs: Partial<Delivery>[]): void {
    this.add(...jobs);
    this.queue.wakeOne();
  }

  /** Makes a delivery that a test made up one that this store handed out. */
  hold(delivery: Delivery): Delivery {
    this.queue.hold(delivery);
    return delivery;
  }

  async settleAndTake({ completions, take, offered, takeMost, context }: Batch): Promise<BatchReply> {
    const ends: (Error | 'needs-bullmq-script' | null)[] = [];
    for (const { delivery, result } of completions) {
      const isPlain = this.queue.jobs.get(delivery.id)?.isPlain ?? true;
      ends.push(isPlain ? await refusalOf(this.complete(delivery, result)) : 'needs-bullmq-script');
    }
    const completed = ends.filter((end) => end === null).length;
    const wanted = Math.min(take + (offered ? completed : 0), takeMost);
    return { ends, ...(wanted === 0 ? { taken: null } : await this.#look(wanted, context)) };
  }

  takeWithBullmq(count: number, context?: TakeContext): Promise<Taken> {
    return this.#take(count, context);
  }

  async waitForWork(maxMs: number, take: number, context?: TakeContext): Promise<Wake> {
    this.#stopped.signal.throwIfAborted();
    this.calls.push(`wait ${Math.round(maxMs)}`);
    await this.queue.whenWoken(maxMs, this.#stopped.signal);
    return this.takesAtWake ? this.#look(take, context) : { lookAtMs: 0 };
  }

  async wakeAnother(): Promise<void> {
    this.calls.push('wakeAnother');
    if (this.queue.hasWaiting) this.queue.wakeOne();
  }

  async stopWaiting(): Promise<void> {
    this.#stopped.abort();
  }

  complete(delivery: Delivery, result: string): Promise<void> {
    return this.#settle('complete', delivery, (job) => {
      if (job.hasChildren) throw new CompletionRefusedError('the job has children that are unfinished or failed');
      end(job, { state: 'completed', result });
    });
  }

  retry(delivery: Delivery, failure: FailureRecord, delayMs: number): Promise<void> {
    return this.#settle('retry', delivery, (job) => {
      Object.assign(job, { failure, attemptsMade: job.attemptsMade + 1 });
      this.queue.putBack(job, delayMs, 'tail');
    });
  }

  deadLetter(delivery: Delivery, failure: FailureRecord): Promise<void> {
    return this.#settle('deadLetter', delivery, (job) => end(job, { state: 'dead', failure }));
  }

  release(delivery: Delivery, delayMs: number, reason?: FailureRecord): Promise<void> {
    return this.#settle('release', delivery, (job) => {
      if (reason && delayMs > 0) job.failure = reason;
      this.queue.putBack(job, delayMs, 'head');
    });
  }

  async bringUnserved(contracts: readonly { readonly name: string }[]): Promise<number> {
    this.calls.push(`bringUnserved ${contracts.map(({ name }) => name).join(' ')}`);
    return 0;
  }

  discard(delivery: Delivery): Promise<void> {
    return this.#settle('discard', delivery, ({ id }) => this.queue.jobs.delete(id));
  }

  wasRecorded({ id, attemptsMade, deliveries }: Delivery, wasHeld: boolean): Promise<boolean> {
    return this.#call('wasRecorded', id, () => {
      const job = this.queue.jobs.get(id);
      if (!job) return wasHeld;
      return job.attemptsMade > attemptsMade && (wasHeld || job.deliveries === deliveries);
    });
  }

  async noteCompany(delivery: Delivery): Promise<void> {
    this.queue.noteCompany(delivery);
  }

  async readChildren(): Promise<ChildRecord[]> {
    return [];
  }

  async saveProgress({ id }: Delivery, value: unknown): Promise<void> {
    const job = this.queue.jobs.get(id);
    if (!job) throw new Error(`there is no job ${id}`);
    job.progress = value;
  }

  /** Takes jobs, if that is plain. */
  async #look(
    count: number,
    context = ANY,
  ): Promise<{ taken: Taken | 'needs-bullmq-script' | 'suspects'; pauseForSuspects?: boolean }> {
    const { queue } = this;
    const suspectsWait = queue.suspects.length > 0 && !queue.isPaused;
    if (suspectsWait && context.which === 'any') return { taken: 'suspects' };
    const pauseForSuspects = suspectsWait && context.which === 'others' && !queue.wasPauseAskedFor;
    queue.wasPauseAskedFor ||= pauseForSuspects;
    return { taken: await this.#take(count, context), pauseForSuspects };
  }

  #take(count: number, context = ANY): Promise<Taken> {
    const { queue } = this;
    return this.#call('take', String(count), () => {
      const { limitedMs } = queue;
      const takenAtMs = performance.now();
      const isLimited = queue.isPaused || limitedMs > 0;
      const found = isLimited ? [] : queue.take(this.#pool, count, context);
      const deliveries = found.map(({ job: { id, token, attemptsMade, deliveries: number, fields }, fence }) => {
        const counted = { id, fence, token: token ?? '', attemptsMade, deliveries: number };
        return aDelivery({ takenAtMs, ...fields, ...counted });
      });
      const more = found.length === count;
      return { deliveries, more, limitedMs, isLimited, nextDueAtMs: more ? null : queue.nextDueAtMs };
    });
  }

  #settle(call: StoreCall, { id, token }: Delivery, write: (job: FakeJob) => void): Promise<void> {
    return this.#call(call, id, () => {
      const job = this.queue.jobs.get(id);
      if (job?.token !== token) throw new LeaseLostError(id);
      write(job);
    });
  }

  async #call<T>(call: StoreCall, id: string, work: () => T): Promise<T> {
    this.calls.push(`${call} ${id}`.trimEnd());
    throwNext(this.failures[call]);
    const answer = work();
    throwNext(this.lostAnswers[call]);
    return answer;
  }
}

function end(job: FakeJob, fields: Partial<FakeJob>): void {
  Object.assign(job, { token: null, attemptsMade: job.attemptsMade + 1, ...fields });
}

function throwNext(errors: unknown[] | undefined): void {
  const error = errors?.shift();
  if (error !== undefined) throw error;
}

/** One completion that is refused does not touch the others; a call without an answer fails as a whole. */
async function refusalOf(completed: Promise<void>): Promise<Error | null> {
  try {
    await completed;
    return null;
  } catch (error) {
    if (error instanceof LeaseLostError || error instanceof CompletionRefusedError) return error;
    throw error;
  }
}

/** A delivery of a plain job. */
export function aDelivery(fields: Partial<Delivery> = {}): Delivery {
  return {
    id: 'a',
    token: 'pool:1',
    fence: 1,
    name: 'scripted',
    data: '{"do":"ok"}',
    options: {},
    attemptsMade: 0,
    deliveries: 1,
    crashes: 0,
    priority: 0,
    createdAtMs: 0,
    deferredFailure: null,
    schedulerId: null,
    stacks: [],
    takenAtMs: 0,
    slot: null,
    occupant: null,
    phase: 'starting',
    ...fields,
  };
}

export function leaseLost(): LeaseLostError {
  return new LeaseLostError('a');
}
