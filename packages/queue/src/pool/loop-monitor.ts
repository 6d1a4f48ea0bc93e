import type { Clock } from '../job/clock.ts';

const TICK_MS = 250;
/** How long a block of the loop is remembered. */
const MEMORY_MS = 10_000;
/** From here on a block is emitted as an event. */
const TOLD_FROM_MS = 1_000;

export interface LoopMonitorDeps {
  readonly clock: Clock;
  /** Called when the event loop turns again after it did not for a second or more. */
  readonly onBlocked: (ms: number) => void;
}

/** Measures how late the event loop is. A handler that blocks it delays everything: settles, progress, health. */
export class LoopMonitor {
  readonly #deps: LoopMonitorDeps;
  #timer: NodeJS.Timeout | undefined;
  #dueAtMs = Infinity;
  #readUpToMs = -Infinity;
  /** Longer blocks replace shorter ones; old ones are forgotten. */
  #worst = { ms: 0, atMs: -Infinity };

  constructor(deps: LoopMonitorDeps) {
    this.#deps = deps;
  }

  /** The longest block of the last ten seconds, the present one included, in milliseconds. */
  get lagMs(): number {
    const nowMs = this.#deps.clock.monotonicMs();
    return Math.round(Math.max(this.#worst.ms, nowMs - this.#dueAtMs, 0));
  }

  /**
   * What had come to any of the process's sockets by this time has been read: the loop has since turned to its sockets once.
   * Monotonic; half a second ago at most while the loop turns, and long ago just after it was blocked or the process stopped.
   */
  get readUpToMs(): number {
    return this.#readUpToMs;
  }

  start(): void {
    this.#expectTick();
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#dueAtMs = Infinity;
  }

  #tick(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const lateMs = nowMs - this.#dueAtMs;
    if (lateMs >= this.#worst.ms || nowMs - this.#worst.atMs > MEMORY_MS) this.#worst = { ms: lateMs, atMs: nowMs };
    this.#expectTick();
    // An immediate runs when the loop has been at its sockets; two ticks may come without that in between.
    setImmediate(() => (this.#readUpToMs = nowMs));
    if (lateMs >= TOLD_FROM_MS) this.#deps.onBlocked(Math.round(lateMs));
  }

  #expectTick(): void {
    this.#dueAtMs = this.#deps.clock.monotonicMs() + TICK_MS;
  }
}
