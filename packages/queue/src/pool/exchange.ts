import { answerWithin } from '../job/answer-within.ts';
import type { Delivery, Taken } from '../job/delivery.ts';
import type { Completion, LeaseStore, TakeContext, Turn, TurnAnswer, Wake } from '../store/lease-store/lease-store.ts';
import { poolDefaults } from '../job/pool-defaults.ts';
import type { Occupant, ProcessLoad } from '../attempt/process-load.ts';
import type { Seat, Slots } from '../job/slots.ts';

export interface ExchangeOptions {
  readonly store: Pick<LeaseStore, 'exchange' | 'takeAlone' | 'waitForWork' | 'complete' | 'release' | 'noteCompany'>;
  readonly slots: Slots;
  /** Whether there may be jobs to take for slots that become free. */
  readonly isHungry: () => boolean;
  /** What runs in this process. */
  readonly process: ProcessLoad;
  /** Whether crash suspects may come before other jobs, as soon as nothing runs here. */
  readonly prefersSuspects: () => boolean;
  /** Told that crash suspects wait, and that this pool should run some of them, beside nothing. */
  readonly onSuspects: () => void;
  /** Told what each look for jobs found, and that Redis answers. */
  readonly onTaken: (taken: Taken) => void;
  /** Runs a delivery to its end. Never rejects. */
  readonly run: (delivery: Delivery) => Promise<void>;
}

interface PendingCompletion extends Completion {
  /** Its handler runs on. */
  readonly keepsSlot: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

interface PendingTake {
  resolve(taken: Taken): void;
  reject(error: unknown): void;
}

/** How much longer than it was asked to a wait may take. */
const WAIT_MARGIN_MS = 1_000;

const NOTHING: Taken = { deliveries: [], more: true, limitedMs: 0, nextDueAtMs: null };

/**
 * Where attempts that are done and slots that are free meet the store. What comes up in one turn of the event loop travels
 * together, two runs at a time; the slot of a completed job is given to the next one in the same round trip.
 *
 * ```
 *   attempt done ──► completions ──┐                       ┌──► the attempts' ends
 *                                  ├──► one run of a script ┤
 *   slot free ─────► take ─────────┘                       └──► new attempts, in free slots and in those of the ended
 * ```
 * A run takes for half the slots at most: while its jobs run, the other half's are on their way.
 */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #flights = new Set<Promise<void>>();
  #completions: PendingCompletion[] = [];
  #take: PendingTake | null = null;
  #scheduled = false;
  /** The delivery that runs here and was alone in the process when it was taken. */
  #alone: { readonly delivery: Delivery; readonly occupant: Occupant } | null = null;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  get #takeMost(): number {
    return Math.min(Math.ceil(this.#options.slots.total / 2), poolDefaults.runMaxJobs);
  }

  /** Resolves when the job is completed. @throws what {@link LeaseStore.complete} throws, or NoAnswerError */
  complete(delivery: Delivery, result: string, keepsSlot = false): Promise<void> {
    // The script has one retention for all jobs of a run.
    if (delivery.options.removeOnComplete !== undefined) return this.#options.store.complete(delivery, result);
    return new Promise((resolve, reject) => {
      this.#completions.push({ delivery, result, keepsSlot, resolve, reject });
      if (this.#isLast) this.#flush();
      else this.#flushSoon();
    });
  }

  /** Whether no other attempt could have something to say in this turn. */
  get #isLast(): boolean {
    return this.#flights.size === 0 && this.#completions.length === this.#options.slots.busy;
  }

  /** Takes jobs for the slots that are free, and runs them. One call at a time. */
  take(): Promise<Taken> {
    return new Promise((resolve, reject) => {
      this.#take = { resolve, reject };
      // Somebody who waits for work has nothing to wait for; in a busy pool the rest of this turn may have more to say.
      if (this.#flights.size === 0 && this.#completions.length === 0) this.#flush();
      else this.#flushSoon();
    });
  }

  /**
   * Waits for work while slots are free, and runs what came with the word of it. When the signal was aborted meanwhile, that is
   * given back.
   *
   * @returns when to look, in milliseconds since the epoch; null when that was done
   */
  async wait(maxMs: number, signal: AbortSignal): Promise<number | null> {
    const { store, slots } = this.#options;
    const count = Math.min(slots.free, this.#takeMost);
    const context = this.#contextOf([]);
    const wake = await answerWithin(
      store.waitForWork(maxMs, count, context),
      maxMs + WAIT_MARGIN_MS,
      (late) => void this.#giveBack(takenAt(late)),
    );
    if ('lookAtMs' in wake) return wake.lookAtMs;
    if (wake.taken === 'alone' && signal.aborted) return null;
    const taken = await this.#takenBy({ ends: [], ...wake }, count, context);
    if (!taken) return null;
    // Slots that were free when the wait began may have been closed.
    const fits = signal.aborted ? 0 : slots.free;
    this.#seatAll({ ...taken, deliveries: taken.deliveries.slice(0, fits) }, [], context);
    await this.#giveBack({ ...taken, deliveries: taken.deliveries.slice(fits) });
    return null;
  }

  /**
   * Takes the crash suspects of one group, as many as slots are free, and runs them. Only for a pool that has its process for itself.
   *
   * @returns how many they are
   */
  async takeSuspects(): Promise<number> {
    const { store, process } = this.#options;
    const seats = this.#occupy(poolDefaults.runMaxJobs);
    const context: TakeContext = { which: 'suspects', isBeside: process.strays > 0, alone: null };
    const turn: Turn = { completions: [], take: seats.length, offered: false, takeMost: seats.length, context };
    try {
      const answer = await answerWithin(store.exchange(turn), poolDefaults.commandMs, (late) => {
        void this.#giveBack(late.taken);
      });
      const taken = await this.#takenBy(answer, 1, context);
      if (!taken) return 0;
      this.#seatAll(taken, seats, context);
      return taken.deliveries.length;
    } finally {
      for (const seat of seats) seat.leave();
    }
  }

  /** Resolves when no run is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#flights);
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
    while ((this.#take || this.#completions.length > 0) && this.#flights.size < poolDefaults.runsInFlight) {
      const flight = this.#fly().finally(() => {
        this.#flights.delete(flight);
        this.#flush();
      });
      this.#flights.add(flight);
    }
  }

  /** One run. Never rejects: everybody who waits for it is answered. */
  async #fly(): Promise<void> {
    const take = this.#take;
    this.#take = null;
    const completions = takeBatch(this.#completions);
    let unanswered = completions;
    const seats = take ? this.#occupy() : [];
    // All or none: the script takes one job for each that it completes.
    const offered = this.#options.isHungry() && !completions.some(({ keepsSlot }) => keepsSlot);
    const context = this.#contextOf(completions);
    const turn: Turn = { completions, take: seats.length, offered, takeMost: this.#takeMost, context };
    try {
      const { store } = this.#options;
      const answer = await answerWithin(store.exchange(turn), poolDefaults.commandMs, (late) => {
        void this.#giveBack(late.taken);
      });
      unanswered = [];
      seats.push(...this.#end(completions, answer.ends));
      const taken = await this.#takenBy(answer, seats.length, context);
      if (taken) this.#seatAll(taken, seats, context);
      take?.resolve(taken ?? NOTHING);
    } catch (error) {
      for (const completion of unanswered) completion.reject(error);
      take?.reject(error);
    } finally {
      for (const seat of seats) seat.leave();
    }
  }

  #occupy(most: number = this.#takeMost): Seat[] {
    const { slots } = this.#options;
    return Array.from({ length: Math.min(slots.free, most) }, () => slots.occupy());
  }

  /**
   * A job counts as alone only where nothing runs, and nothing else is on its way that could bring another one: in a pool of several
   * slots, when it is idle. A job that counts as beside others for nothing only takes one crash more to be found.
   *
   * @param ended what is completed with the take, so that nothing of it runs any more
   */
  #contextOf(ended: readonly PendingCompletion[]): TakeContext {
    const { process, prefersSuspects, slots } = this.#options;
    const others = process.running - ended.filter(({ keepsSlot }) => !keepsSlot).length;
    const isIdle = this.#flights.size === 0 && (ended.length === 0 || slots.total === 1);
    const alone = this.#alone?.occupant.isAlone === true ? this.#alone.delivery : null;
    return {
      which: others <= 0 && prefersSuspects() ? 'any' : 'others',
      isBeside: others > 0 || !isIdle || process.strays > 0,
      alone: ended.some(({ delivery }) => delivery === alone) ? null : alone,
    };
  }

  /** Tells the attempts how they ended. @returns the seats of those that are completed */
  #end(completions: readonly PendingCompletion[], ends: TurnAnswer['ends']): Seat[] {
    const seats: Seat[] = [];
    for (const [index, completion] of completions.entries()) {
      const end = ends[index];
      if (end === 'alone') this.#completeAlone(completion);
      else if (end !== null) completion.reject(end);
      else {
        const seat = completion.keepsSlot ? null : completion.delivery.seat?.passOn();
        if (seat) seats.push(seat);
        completion.resolve();
      }
    }
    return seats;
  }

  #completeAlone({ delivery, result, resolve, reject }: PendingCompletion): void {
    this.#options.store.complete(delivery, result).then(resolve, reject);
  }

  async #takenBy({ taken, makesRoom }: TurnAnswer, count: number, context: TakeContext): Promise<Taken | null> {
    const { store, onSuspects } = this.#options;
    if (taken === 'suspects' || makesRoom) onSuspects();
    if (taken === 'suspects') return NOTHING;
    if (taken !== 'alone') return taken;
    return answerWithin(
      store.takeAlone(Math.min(count, this.#takeMost), context),
      poolDefaults.commandMs,
      (late) => void this.#giveBack(late),
    );
  }

  /** Gives each job a seat, and keeps the seats that are left. */
  #seatAll(taken: Taken, seats: Seat[], context: TakeContext): void {
    const { process, onTaken, run, slots } = this.#options;
    onTaken(taken);
    const occupants = this.#enterAll(taken.deliveries, context);
    for (const [index, delivery] of taken.deliveries.entries()) {
      const seat = seats.pop() ?? slots.occupy();
      delivery.seat = seat;
      void run(delivery).finally(() => {
        delivery.seat = null;
        seat.leave();
        if (this.#alone?.delivery === delivery) this.#alone = null;
        const occupant = occupants[index];
        if (occupant) process.exit(occupant);
      });
    }
  }

  /** All of them before the first one starts: then it is known whether it is alone. */
  #enterAll(deliveries: readonly Delivery[], { isBeside, alone }: TakeContext): Occupant[] {
    const { process, store } = this.#options;
    if (deliveries.length > 0 && alone && this.#alone?.delivery === alone) this.#alone.occupant.isAlone = false;
    return deliveries.map((delivery) => {
      const isAlone = !isBeside && deliveries.length === 1;
      const occupant: Occupant = { isAlone, noteCompany: () => store.noteCompany(delivery) };
      if (isAlone) this.#alone = { delivery, occupant };
      process.enter(occupant);
      return occupant;
    });
  }

  /** Jobs that came when nobody waited for them any more. If this fails, their leases run out. Never rejects. */
  async #giveBack(taken: TurnAnswer['taken']): Promise<void> {
    if (!taken || taken === 'alone' || taken === 'suspects') return;
    await Promise.allSettled(taken.deliveries.map((delivery) => this.#options.store.release(delivery, 0)));
  }
}

function takenAt(wake: Wake): TurnAnswer['taken'] {
  return 'taken' in wake ? wake.taken : null;
}

/** Takes off the front what fits into one run. */
function takeBatch(pending: PendingCompletion[]): PendingCompletion[] {
  const { runMaxJobs, runMaxBytes } = poolDefaults;
  let count = 0;
  for (let bytes = 0; count < Math.min(pending.length, runMaxJobs); count += 1) {
    bytes += pending[count]?.result.length ?? 0;
    if (count > 0 && bytes > runMaxBytes) break;
  }
  return pending.splice(0, count);
}
