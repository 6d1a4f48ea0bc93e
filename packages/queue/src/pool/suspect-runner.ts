import type { Clock } from '../job/clock.ts';
import type { StoreBatcher } from './store-batcher.ts';
import { poolDefaults } from '../job/pool-defaults.ts';
import type { ProcessLoad, ProcessMember } from '../attempt/process-load.ts';
import type { Slots } from '../job/slots.ts';

export interface SuspectRunnerDeps {
  readonly process: ProcessLoad;
  readonly strays: () => number;
  readonly slots: Slots;
  readonly clock: Clock;
  readonly batcher: Pick<StoreBatcher, 'takeSuspects' | 'settled'>;
}

/**
 * Runs crash suspects, one group at a time, while nothing else runs in the whole process: if that dies then, one of them killed it.
 *
 * ```
 *   suspects wait ──► wanted ── nothing runs here ──► running ── all have ended ──► other jobs again
 *                       └── not empty in time ─► other jobs again, and more time the next time
 * ```
 */
export class SuspectRunner {
  readonly #deps: SuspectRunnerDeps;
  readonly #member: ProcessMember;
  /** Since when the process is being cleared; null: not at all. */
  #wantedSinceMs: number | null = null;
  #isRunning = false;
  /** The last look for suspects found none that could be taken: others are next. */
  #foundNone = false;
  #clearMs: number = poolDefaults.clearMinMs;

  constructor(deps: SuspectRunnerDeps) {
    this.#deps = deps;
    this.#member = { isParked: false, strays: deps.strays };
  }

  /** Whether suspects come before other jobs where nothing runs. Asked for each take. */
  get isPreferred(): boolean {
    const prefers = !this.#foundNone;
    this.#foundNone = false;
    return prefers;
  }

  get isWanted(): boolean {
    return this.#wantedSinceMs !== null;
  }

  /** Whether this pool takes no jobs as usual: for its own suspects' sake, or another pool's in this process. */
  get holdsOff(): boolean {
    return this.#isRunning || this.isWanted || this.#deps.process.isTakenFrom(this.#member);
  }

  join(): void {
    this.#deps.process.join(this.#member);
  }

  /** Suspects that run here continue alone until they have ended. */
  async leave(): Promise<void> {
    const { process, slots } = this.#deps;
    this.#wantedSinceMs = null;
    process.park(this.#member, true);
    if (!this.#isRunning) process.release(this.#member);
    while (slots.busy > 0) await slots.whenVacated(new AbortController().signal);
    process.leave(this.#member);
  }

  /** Waits until a job is wanted: until then nothing comes by this pool. */
  async rest(wait: () => Promise<void>): Promise<void> {
    const { process, batcher } = this.#deps;
    const waited = wait();
    await batcher.settled();
    process.park(this.#member, true);
    await waited;
    if (!process.isTakenFrom(this.#member)) process.park(this.#member, false);
  }

  want(): void {
    if (!this.#isRunning) this.#wantedSinceMs ??= this.#deps.clock.monotonicMs();
  }

  /** One turn of the fetch loop while {@link holdsOff}. Ends soon. */
  async turn(signal: AbortSignal): Promise<void> {
    const { process, slots } = this.#deps;
    if (this.#isRunning && slots.busy === 0) return this.#end();
    if (this.#isRunning) return process.whenChanged(poolDefaults.blockMs, signal);
    if (process.isTakenFrom(this.#member)) return this.#park(signal);
    if (await this.tryToRun()) return;
    if (this.isWanted) await process.whenChanged(Math.min(this.#leftMs(), poolDefaults.blockMs), signal);
  }

  /** Takes suspects if nothing runs in this process. Otherwise no pool here takes other jobs for a while. @returns whether they run */
  async tryToRun(): Promise<boolean> {
    const { process, batcher, slots } = this.#deps;
    await batcher.settled();
    if (this.#isRunning || !this.isWanted) return this.#isRunning;
    if (slots.free === 0 && slots.busy === 0) return this.#giveUp(); // no job is wanted here
    if (!process.claim(this.#member)) return this.#leftMs() > 0 ? false : this.#giveUp(2);
    this.#isRunning = true;
    this.#wantedSinceMs = null;
    this.#clearMs = poolDefaults.clearMinMs;
    let found = 0;
    try {
      found = await batcher.takeSuspects();
    } finally {
      this.#foundNone = found === 0;
      if (found === 0) this.#end();
    }
    return found > 0;
  }

  /** Nothing is taken here until the other pool is done. */
  async #park(signal: AbortSignal): Promise<void> {
    const { process, batcher } = this.#deps;
    this.#wantedSinceMs = null;
    await batcher.settled();
    process.park(this.#member, true);
    await process.whenChanged(poolDefaults.blockMs, signal);
    if (!process.isTakenFrom(this.#member)) process.park(this.#member, false);
  }

  #leftMs(): number {
    const sinceMs = this.#wantedSinceMs ?? this.#deps.clock.monotonicMs();
    return Math.max(sinceMs + this.#clearMs - this.#deps.clock.monotonicMs(), 0);
  }

  /** What runs here may wait for the very jobs that are not taken meanwhile. */
  #giveUp(factor = 1): false {
    this.#clearMs = Math.min(this.#clearMs * factor, poolDefaults.clearMaxMs);
    this.#wantedSinceMs = null;
    this.#foundNone = true;
    this.#deps.process.release(this.#member);
    return false;
  }

  #end(): void {
    this.#isRunning = false;
    this.#deps.process.release(this.#member);
  }
}
