import type { Clock } from '../job/clock.ts';
import { Lifecycle, type LifecycleState } from '../job/lifecycle/lifecycle.ts';
import type { Taken } from '../job/delivery.ts';
import type { StoreBatcher } from './store-batcher.ts';
import type { LeaseStore } from '../store/lease-store/lease-store.ts';
import { pause } from '../job/pause.ts';
import { poolDefaults } from '../job/pool-defaults.ts';
import { ProcessLoad } from '../attempt/process-load.ts';
import { SuspectRunner } from './suspect-runner.ts';
import type { RedisMonitor } from '../attempt/redis-monitor.ts';
import type { Slots } from '../job/slots.ts';

export interface FetchLoopDeps {
  readonly store: Pick<LeaseStore, 'stopWaiting' | 'wakeAnother'>;
  /** Sends the takes, and runs what they find. */
  readonly batcher: StoreBatcher;
  readonly slots: Slots;
  readonly watch: RedisMonitor;
  readonly clock: Clock;
  /** What runs in this process; default: one with nothing but this pool. */
  readonly process?: ProcessLoad;
  /** Handlers of this pool that were given up, and may still do anything. */
  readonly strays?: () => number;
}

/**
 * The fetch loop: takes jobs while slots are free, and blocks in Redis while there are none to take. While all slots are
 * taken it rests: jobs that are done bring their successors.
 *
 * ```
 *        slots full                   as many as were wanted
 *   ┌──── vacated ◄────┐             ┌───────────────────────┐
 *   ▼                  │             ▼                       │
 *  take ───────────────┴────────► take ── fewer ──► wait for work
 * ```
 * Every await in it is bounded, so an outage cannot wedge it.
 */
export class FetchLoop {
  readonly #deps: FetchLoopDeps;
  readonly #suspects: SuspectRunner;
  readonly #lifecycle = new Lifecycle({ start: () => this.#begin(), stop: () => this.#end() });
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;
  /** When the next turn may take, in ms since the epoch; null: wait for work first, without a known time. */
  #lookAtMs: number | null = 0;
  /** Until when nothing is taken yet; monotonic. */
  #restUntilMs = 0;
  readonly #rested = new AbortController();
  /** For how long the queue's rate limit admits nothing. */
  #limitedMs = 0;
  /** Whether limits held jobs back at the last look: the end of a job may let the next one start. */
  #isLimited = false;
  /** Called when the loop has looked. */
  #lookers: (() => void)[] = [];
  #isWaiting = false;
  /** The extra look during the current wait, and the one after it. */
  #extraLook: Promise<void> = Promise.resolve();
  #nextExtraLook: Promise<void> | undefined;
  #failures = 0;
  #waitFailures = 0;
  #turnedAtMs: number;
  #lastFoundAtMs: number;

  constructor(deps: FetchLoopDeps) {
    this.#deps = deps;
    const { batcher, slots, clock, process = new ProcessLoad(), strays = () => 0 } = deps;
    this.#suspects = new SuspectRunner({ process, strays, slots, clock, batcher });
    batcher.attach({
      isHungry: () => this.#isHungry,
      prefersSuspects: () => this.#suspects.isPreferred,
      onSuspects: () => this.#suspects.want(),
      onTaken: (taken) => this.#note(taken),
    });
    this.#turnedAtMs = clock.monotonicMs();
    this.#lastFoundAtMs = this.#turnedAtMs;
  }

  /** How long ago the loop last turned, or 0 while it only waits for a slot. */
  get sinceTurnMs(): number {
    const { clock, slots } = this.#deps;
    return slots.free === 0 ? 0 : clock.monotonicMs() - this.#turnedAtMs;
  }

  /** When a job was last taken, or the loop began; monotonic. */
  get lastFoundAtMs(): number {
    return this.#lastFoundAtMs;
  }

  get state(): LifecycleState {
    return this.#lifecycle.state;
  }

  /** To be called before the start. @param restMs how long to take nothing yet */
  rest(restMs: number): void {
    this.#restUntilMs = this.#deps.clock.monotonicMs() + restMs;
    if (restMs > 0) this.#lastFoundAtMs = this.#restUntilMs;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  /** Resolves when no take is under way any more. Deliveries can still be completed. */
  stop(): Promise<void> {
    this.#stop.abort();
    return this.#lifecycle.stop();
  }

  /** Takes jobs from now on. */
  endRest(): void {
    this.#restUntilMs = 0;
    this.#rested.abort();
  }

  /**
   * Looks for jobs now: one that was there before the call is found. Resolves when it has looked, or has tried to. The loop does
   * it, unless it waits: the wake-up for a job may be on its way to it, so an extra look is made during the wait.
   */
  look(): Promise<void> {
    if (this.#stop.signal.aborted || this.#suspects.holdsOff) return Promise.resolve();
    if (this.#isWaiting) return this.#lookDuringWait();
    this.#lookAtMs = 0;
    return new Promise((resolve) => this.#lookers.push(resolve));
  }

  /** Callers that ask before a look has begun share it. Never rejects. */
  #lookDuringWait(): Promise<void> {
    const look = async (): Promise<void> => {
      await this.#extraLook;
      this.#nextExtraLook = undefined;
      this.#extraLook = this.#take().then(
        () => undefined,
        (error: unknown) => this.#deps.watch.trouble(error),
      );
      await this.#extraLook;
    };
    return (this.#nextExtraLook ??= look());
  }

  #begin(): void {
    this.#suspects.join();
    this.#loop = this.#turnUntilStopped();
  }

  async #end(): Promise<void> {
    await this.#deps.store.stopWaiting();
    await this.#loop;
    await this.#deps.batcher.settled();
    this.#answerLookers();
    void this.#suspects.leave();
  }

  get #isHungry(): boolean {
    const mayFind = this.#lookAtMs === 0 || this.#isLimited;
    return !this.#stop.signal.aborted && mayFind && this.#limitedMs === 0 && !this.#suspects.holdsOff;
  }

  async #turnUntilStopped(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#turnedAtMs = this.#deps.clock.monotonicMs();
      try {
        await this.#turn(signal);
        this.#failures = 0;
      } catch (error) {
        if (!signal.aborted) await this.#backOff(error, signal);
      }
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { slots, clock } = this.#deps;
    const restMs = this.#restUntilMs - clock.monotonicMs();
    if (restMs > 0)
      return pause(Math.min(restMs, poolDefaults.blockMs), AbortSignal.any([signal, this.#rested.signal]));
    if (this.#suspects.holdsOff) {
      this.#answerLookers();
      await this.#extraLook;
      return this.#suspects.turn(signal);
    }
    if (slots.total <= 0) return this.#suspects.rest(() => slots.whenVacated(signal));
    if (slots.free === 0) return slots.whenVacated(signal);
    if (this.#limitedMs > 0) return this.#sitOut(signal);
    const waitMs = this.#lookAtMs === null ? poolDefaults.blockMs : this.#lookAtMs - clock.redisMs();
    if (waitMs > 0) return this.#waitForWork(Math.min(waitMs, poolDefaults.blockMs));
    this.#lookAtMs = 0;
    await this.#nextExtraLook;
    await this.#extraLook; // takes go one at a time
    const lookers = this.#lookers.splice(0);
    try {
      await this.#take();
    } finally {
      for (const notify of lookers) notify();
    }
  }

  /** Crash suspects come by a take of their own, at once if nothing runs here. */
  async #take(): Promise<void> {
    await this.#deps.batcher.take();
    if (this.#suspects.isWanted) await this.#suspects.tryToRun();
  }

  #answerLookers(): void {
    for (const notify of this.#lookers.splice(0)) notify();
  }

  async #sitOut(signal: AbortSignal): Promise<void> {
    await pause(Math.min(this.#limitedMs, 1_000), signal);
    this.#limitedMs = 0;
  }

  /** Waits, and notes when to look. A time that is known already is kept when it is the earlier one. */
  async #waitForWork(maxMs: number): Promise<void> {
    const { store, slots } = this.#deps;
    const known = this.#lookAtMs ?? Infinity;
    this.#isWaiting = true;
    try {
      const lookAtMs = await this.#deps.batcher.wait(maxMs, this.#stop.signal);
      this.#waitFailures = 0;
      if (lookAtMs === null) return; // what it found was noted
      this.#lookAtMs = Math.min(known, lookAtMs);
      // Those who wanted a job may be gone by now.
      if (slots.free === 0) await store.wakeAnother();
    } catch {
      // The next take shows whether Redis is away: waiting has a connection of its own.
      this.#lookAtMs = 0;
      this.#waitFailures += 1;
      this.#isWaiting = false;
      await pause(backOffMs(this.#waitFailures), this.#stop.signal);
    } finally {
      this.#isWaiting = false;
    }
  }

  /** What a look found decides when to look next. */
  #note({ deliveries, more, limitedMs, isLimited, nextDueAtMs }: Taken): void {
    this.#deps.watch.fine();
    this.#isLimited = isLimited;
    this.#limitedMs = limitedMs;
    this.#lookAtMs = more || limitedMs > 0 ? 0 : nextDueAtMs;
    if (deliveries.length > 0) this.#lastFoundAtMs = this.#deps.clock.monotonicMs();
  }

  async #backOff(error: unknown, signal: AbortSignal): Promise<void> {
    this.#deps.watch.trouble(error);
    this.#lookAtMs = 0;
    this.#failures += 1;
    await pause(backOffMs(this.#failures), signal);
  }
}

function backOffMs(failures: number): number {
  const { backOffMinMs, backOffMaxMs } = poolDefaults;
  return Math.min(backOffMinMs * 2 ** Math.min(failures - 1, 10), backOffMaxMs);
}
