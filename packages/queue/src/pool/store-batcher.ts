import { AnswerDeadlines } from '../store/connection/answer-deadlines.ts';
import type { Delivery, Taken } from '../job/delivery.ts';
import type { Completion, LeaseStore, TakeContext, Batch, BatchReply, Wake } from '../store/lease-store/lease-store.ts';
import { poolDefaults } from '../job/pool-defaults.ts';
import { CallSize } from './call-size.ts';
import { takeBatch } from './take-batch.ts';
import { PoolLoad, type ProcessLoad } from '../attempt/process-load.ts';
import type { SlotLease, Slots } from '../job/slots.ts';

export interface StoreBatcherDeps {
  readonly store: Pick<
    LeaseStore,
    'settleAndTake' | 'takeWithBullmq' | 'waitForWork' | 'complete' | 'release' | 'noteCompany'
  >;
  readonly slots: Slots;
  /** What runs in this process. */
  readonly process: ProcessLoad;
  /** Runs a delivery to its end. Never rejects. */
  readonly run: (delivery: Delivery, isSuspect: boolean) => Promise<void>;
}

/** Decides what is taken: the fetch loop. */
export interface TakeDecider {
  /** Whether there may be jobs for slots that become free. */
  readonly isHungry: () => boolean;
  /** Whether crash suspects may come before other jobs, as soon as nothing runs here. */
  readonly prefersSuspects: () => boolean;
  /** Called when crash suspects wait and this pool should run some of them, with nothing else running. */
  readonly onSuspects: () => void;
  /** Called with what each take found. It also shows that Redis answers. */
  readonly onTaken: (taken: Taken) => void;
}

const no = (): false => false;
const TAKES_NOTHING: TakeDecider = { isHungry: no, prefersSuspects: no, onSuspects: no, onTaken: no };

interface PendingCompletion extends Completion {
  /** Its handler still runs. */
  readonly keepsSlot: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

interface PendingTake {
  resolve(taken: Taken): void;
  reject(error: unknown): void;
}

/** How much longer a wait may take than it was asked to. */
const WAIT_MARGIN_MS = 1_000;

const NOTHING: Taken = { deliveries: [], more: true, limitedMs: 0, isLimited: false, nextDueAtMs: null };

/**
 * Sends completions and takes to the store in batches. What comes up in one turn of the event loop goes into one batch, and at
 * most two batches are in flight. The slot of a completed job goes to the next job in the same round trip.
 *
 * ```
 *   attempt done ──► completions ──┐                        ┌──► the attempts' results
 *                                  ├──► settle-and-take.lua ┤
 *   slot free ─────► take ─────────┘                        └──► new attempts, in free slots and in those of the ended
 * ```
 * A batch takes jobs for at most half the slots: while these run, the jobs of the other half are on their way.
 */
export class StoreBatcher {
  readonly #deps: StoreBatcherDeps;
  readonly #load: PoolLoad;
  readonly #callSize = new CallSize();
  readonly #deadlines = new AnswerDeadlines();
  /** No Set: one that changes with every job keeps the jobs before it in memory. */
  readonly #inFlight: Promise<void>[] = [];
  #decider = TAKES_NOTHING;
  #completions: PendingCompletion[] = [];
  #take: PendingTake | null = null;
  #scheduled = false;

  constructor(deps: StoreBatcherDeps) {
    this.#deps = deps;
    this.#load = new PoolLoad(deps.process, deps.store);
  }

  /** From now on this decides what is taken. */
  attach(decider: TakeDecider): void {
    this.#decider = decider;
  }

  get #takeMost(): number {
    return Math.min(Math.ceil(this.#deps.slots.total / 2), poolDefaults.callMaxJobs);
  }

  /**
   * Completes a delivery; its slot goes to the next job, if there is one.
   *
   * @param keepsSlot whether its handler still runs: its slot is not free for another job then
   * @throws what {@link LeaseStore.complete} throws, or RedisTimeoutError
   */
  complete(delivery: Delivery, result: string, keepsSlot = false): Promise<void> {
    // The script has one retention for all jobs of a batch.
    if (delivery.options.removeOnComplete !== undefined) return this.#deps.store.complete(delivery, result);
    if (!keepsSlot) this.#callSize.end(delivery);
    return new Promise((resolve, reject) => {
      this.#completions.push({ delivery, result, keepsSlot, resolve, reject });
      if (this.#isLast) this.#flush();
      else this.#flushSoon();
    });
  }

  /** Whether no other attempt could still complete in this turn of the event loop. */
  get #isLast(): boolean {
    return this.#inFlight.length === 0 && this.#completions.length === this.#deps.slots.busy;
  }

  /** Takes jobs for the free slots, and runs them. One call at a time. */
  take(): Promise<Taken> {
    return new Promise((resolve, reject) => {
      this.#take = { resolve, reject };
      // An idle pool has nothing to wait for; in a busy one, more may complete in this turn of the event loop.
      if (this.#inFlight.length === 0 && this.#completions.length === 0) this.#flush();
      else this.#flushSoon();
    });
  }

  /**
   * Waits for work while slots are free, and runs the jobs that came with the wake-up. If the signal was aborted meanwhile, it
   * releases them.
   *
   * @returns when to take, in milliseconds since the epoch; null when it has taken already
   */
  async wait(maxMs: number, signal: AbortSignal): Promise<number | null> {
    const { store, slots } = this.#deps;
    const count = Math.min(slots.free, this.#takeMost);
    const context = this.#contextOf([]);
    const wake = await this.#answerWithin(
      store.waitForWork(maxMs, count, context),
      maxMs + WAIT_MARGIN_MS,
      (late) => void this.#giveBack(takenAt(late)),
    );
    if ('lookAtMs' in wake) return wake.lookAtMs;
    if (wake.taken === 'needs-bullmq-script' && signal.aborted) return null;
    const taken = await this.#takenBy({ ends: [], ...wake }, count, context);
    if (!taken) return null;
    // Slots that were free when the wait began may have been closed.
    const fits = signal.aborted ? 0 : slots.free;
    this.#runAll({ ...taken, deliveries: taken.deliveries.slice(0, fits) }, [], context);
    await this.#giveBack({ ...taken, deliveries: taken.deliveries.slice(fits) });
    return null;
  }

  /**
   * Takes the crash suspects of one group, at most one for each free slot, and runs them. Only for a pool that has its process for itself.
   *
   * @returns how many they are
   */
  async takeSuspects(): Promise<number> {
    const slotLeases = this.#acquire(poolDefaults.callMaxJobs);
    const context: TakeContext = { which: 'suspects', hasOthers: this.#load.hasStrays, alone: null };
    const take = slotLeases.length;
    try {
      const answer = await this.#call({ completions: [], take, offered: false, takeMost: take, context });
      const taken = await this.#takenBy(answer, 1, context);
      if (!taken) return 0;
      this.#runAll(taken, slotLeases, context);
      return taken.deliveries.length;
    } finally {
      for (const slot of slotLeases) slot.release();
    }
  }

  /** Resolves when no batch is in flight. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  #flushSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while ((this.#take || this.#completions.length > 0) && this.#inFlight.length < poolDefaults.callsInFlight) {
      const sent = this.#send().finally(() => {
        void this.#inFlight.splice(this.#inFlight.indexOf(sent), 1);
        this.#flush();
      });
      this.#inFlight.push(sent);
    }
  }

  /** Sends one batch. Never rejects: the completions and the take in it get its result or its error. */
  async #send(): Promise<void> {
    const take = this.#take;
    this.#take = null;
    const completions = takeBatch(this.#completions, this.#callSize.mostFor(this.#deps.slots.total));
    let unanswered = completions;
    const slotLeases = take ? this.#acquire() : [];
    // All or none: the script takes one job for each that it completes.
    const offered = this.#decider.isHungry() && !completions.some(({ keepsSlot }) => keepsSlot);
    const context = this.#contextOf(completions);
    const batch: Batch = { completions, take: slotLeases.length, offered, takeMost: this.#takeMost, context };
    try {
      const answer = await this.#call(batch);
      unanswered = [];
      slotLeases.push(...this.#end(completions, answer.ends));
      const taken = await this.#takenBy(answer, slotLeases.length, context);
      if (taken) this.#runAll(taken, slotLeases, context);
      take?.resolve(taken ?? NOTHING);
    } catch (error) {
      for (const completion of unanswered) completion.reject(error);
      take?.reject(error);
    } finally {
      for (const slot of slotLeases) slot.release();
    }
  }

  #call(batch: Batch): Promise<BatchReply> {
    const sent = this.#deps.store.settleAndTake(batch);
    return this.#answerWithin(sent, poolDefaults.commandMs, (late) => void this.#giveBack(late.taken));
  }

  #answerWithin<T>(answer: Promise<T>, ms: number, onLate: (late: T) => void): Promise<T> {
    return this.#deadlines.within(answer, performance.now() + ms, onLate);
  }

  #acquire(most: number = this.#takeMost): SlotLease[] {
    const { slots } = this.#deps;
    return Array.from({ length: Math.min(slots.free, most) }, () => slots.acquire());
  }

  /** A job counts as alone only if nothing in flight could bring another one: in a pool of several slots, when it is idle. */
  #contextOf(ended: readonly PendingCompletion[]): TakeContext {
    const isIdle = this.#inFlight.length === 0 && (ended.length === 0 || this.#deps.slots.total === 1);
    return this.#load.contextOf(ended, isIdle, this.#decider.prefersSuspects);
  }

  /** Reports to the attempts how they ended. @returns the slots of the completed ones */
  #end(completions: readonly PendingCompletion[], ends: BatchReply['ends']): SlotLease[] {
    const slotLeases: SlotLease[] = [];
    for (const [index, completion] of completions.entries()) {
      const end = ends[index];
      if (end === 'needs-bullmq-script') this.#completeWithBullmq(completion);
      else if (end !== null) completion.reject(end);
      else {
        if (!completion.keepsSlot) {
          // Before its successor starts, which would count as its company.
          this.#load.remove(completion.delivery);
          const slot = completion.delivery.slot?.transfer();
          if (slot) slotLeases.push(slot);
        }
        completion.resolve();
      }
    }
    return slotLeases;
  }

  #completeWithBullmq({ delivery, result, resolve, reject }: PendingCompletion): void {
    this.#deps.store.complete(delivery, result).then(resolve, reject);
  }

  async #takenBy({ taken, pauseForSuspects }: BatchReply, count: number, context: TakeContext): Promise<Taken | null> {
    const { store } = this.#deps;
    if (taken === 'suspects' || pauseForSuspects) this.#decider.onSuspects();
    if (taken === 'suspects') return NOTHING;
    if (taken !== 'needs-bullmq-script') return taken;
    return this.#answerWithin(
      store.takeWithBullmq(Math.min(count, this.#takeMost), context),
      poolDefaults.commandMs,
      (late) => void this.#giveBack(late),
    );
  }

  /** Runs each job in a slot, and keeps the slots that are left. */
  #runAll(taken: Taken, slotLeases: SlotLease[], context: TakeContext): void {
    const { run, slots } = this.#deps;
    this.#decider.onTaken(taken);
    this.#load.add(taken.deliveries, context);
    this.#callSize.start(taken.deliveries);
    for (const delivery of taken.deliveries) {
      const slot = slotLeases.pop() ?? slots.acquire();
      delivery.slot = slot;
      void run(delivery, context.which === 'suspects').finally(() => {
        delivery.slot = null;
        slot.release();
        this.#load.remove(delivery);
        this.#callSize.end(delivery);
      });
    }
  }

  /** Releases jobs that came too late. If this fails, their leases expire. Never rejects. */
  async #giveBack(taken: BatchReply['taken']): Promise<void> {
    if (!taken || taken === 'needs-bullmq-script' || taken === 'suspects') return;
    await Promise.allSettled(taken.deliveries.map((delivery) => this.#deps.store.release(delivery, 0)));
  }
}

function takenAt(wake: Wake): BatchReply['taken'] {
  return 'taken' in wake ? wake.taken : null;
}
