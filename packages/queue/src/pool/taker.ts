import { answerWithin } from './answer-within.ts';
import type { Clock } from './clock.ts';
import type { Delivery, Taken } from './delivery.ts';
import type { LeaseStore } from './lease-store.ts';
import { pause } from './pause.ts';
import { poolDefaults } from './pool-defaults.ts';
import type { RedisWatch } from './redis-watch.ts';
import type { Slots } from './slots.ts';

export interface TakerOptions {
  readonly store: LeaseStore;
  readonly slots: Slots;
  readonly watch: RedisWatch;
  readonly clock: Clock;
  /** Gives a new token at each call. */
  readonly nextToken: () => string;
  /** Runs a delivery to its end. Never rejects. */
  readonly run: (delivery: Delivery) => Promise<void>;
}

/**
 * The fetch loop: takes jobs while slots are free, and blocks in Redis while there are none to take.
 *
 * ```
 *        slots full                    something found: twice as many at once
 *   ┌──── vacated ◄────┐             ┌──────────────────────────┐
 *   ▼                  │             ▼                          │
 *  take ───────────────┴────────► take n ── fewer than n ──► wait for work
 * ```
 * Every await in it is bounded, so an outage cannot wedge it.
 */
export class Taker {
  readonly #options: TakerOptions;
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;
  /** How many takes the next turn starts. */
  #width = 1;
  /** When the next turn may take, in ms since the epoch; null: wait for work first, without a known time. */
  #lookAtMs: number | null = 0;
  #failures = 0;
  #waitFailures = 0;
  #turnedAtMs: number;
  #lastFoundAtMs: number;

  constructor(options: TakerOptions) {
    this.#options = options;
    this.#turnedAtMs = options.clock.monotonicMs();
    this.#lastFoundAtMs = this.#turnedAtMs;
  }

  /** How long ago the loop last turned, or 0 while it only waits for a slot. */
  get sinceTurnMs(): number {
    const { clock, slots } = this.#options;
    return slots.free === 0 ? 0 : clock.monotonicMs() - this.#turnedAtMs;
  }

  /** When a job was last taken, or the loop began; monotonic. */
  get lastFoundAtMs(): number {
    return this.#lastFoundAtMs;
  }

  start(): void {
    this.#loop ??= this.#turnUntilStopped();
  }

  /** Resolves when no take is under way any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#options.store.stopWaiting();
    await this.#loop;
  }

  async #turnUntilStopped(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#turnedAtMs = this.#options.clock.monotonicMs();
      try {
        await this.#turn(signal);
        this.#failures = 0;
      } catch (error) {
        if (!signal.aborted) await this.#backOff(error, signal);
      }
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { slots, clock, watch } = this.#options;
    if (slots.free === 0) return slots.whenVacated(signal);
    const waitMs = this.#lookAtMs === null ? poolDefaults.blockMs : this.#lookAtMs - clock.wallMs();
    if (waitMs > 0) return this.#waitForWork(Math.min(waitMs, poolDefaults.blockMs));
    await this.#takeSome(Math.min(slots.free, this.#width));
    watch.fine();
  }

  /** Waits, and notes when to look. A time that is known already is kept when it is the earlier one. */
  async #waitForWork(maxMs: number): Promise<void> {
    const known = this.#lookAtMs ?? Infinity;
    this.#width = 1;
    try {
      this.#lookAtMs = Math.min(known, await this.#options.store.waitForWork(Math.max(maxMs, 10)));
      this.#waitFailures = 0;
    } catch {
      // Whether Redis is away is for the next take to tell: waiting has a connection of its own.
      this.#lookAtMs = 0;
      this.#waitFailures += 1;
      await pause(backOffMs(this.#waitFailures), this.#stop.signal);
    }
  }

  async #takeSome(count: number): Promise<void> {
    const takes = await Promise.allSettled(Array.from({ length: count }, () => this.#takeOne()));
    const failure = takes.find((take) => take.status === 'rejected');
    if (failure) throw failure.reason;
    const answers = takes.flatMap((take) => (take.status === 'fulfilled' ? [take.value] : []));
    const empty = answers.find((taken) => !taken.found);
    this.#width = empty ? 1 : Math.min(count * 2, poolDefaults.takesInFlight);
    this.#lookAtMs = empty && !empty.found ? this.#nextLook(empty) : 0;
    if (answers.some((taken) => taken.found)) this.#lastFoundAtMs = this.#options.clock.monotonicMs();
    if (empty && !empty.found && empty.limitedMs > 0) await pause(Math.min(empty.limitedMs, 1_000), this.#stop.signal);
  }

  #nextLook({ limitedMs, nextDueAtMs }: Extract<Taken, { found: false }>): number | null {
    return limitedMs > 0 ? 0 : nextDueAtMs;
  }

  async #takeOne(): Promise<Taken> {
    const { store, slots, nextToken } = this.#options;
    slots.occupy();
    let running = false;
    try {
      const taken = await answerWithin(store.take(nextToken()), poolDefaults.commandMs, (late) => this.#giveBack(late));
      running = taken.found && this.#accept(taken.delivery);
      return taken;
    } finally {
      if (!running) slots.vacate();
    }
  }

  /** @returns whether the delivery now has the slot */
  #accept(delivery: Delivery): boolean {
    const { run, slots } = this.#options;
    void run(delivery).finally(() => slots.vacate());
    return true;
  }

  /** A job that came when nobody waited for it any more. If this fails, its lease runs out. */
  #giveBack(taken: Taken): void {
    if (taken.found) this.#options.store.release(taken.delivery, 0).catch(() => undefined);
  }

  async #backOff(error: unknown, signal: AbortSignal): Promise<void> {
    this.#options.watch.trouble(error);
    this.#width = 1;
    this.#lookAtMs = 0;
    this.#failures += 1;
    await pause(backOffMs(this.#failures), signal);
  }
}

function backOffMs(failures: number): number {
  const { backOffMinMs, backOffMaxMs } = poolDefaults;
  return Math.min(backOffMinMs * 2 ** Math.min(failures - 1, 10), backOffMaxMs);
}
