import { poolDefaults } from '../../job/pool-defaults.ts';
import { type LeaseReport, troubleOf } from '../shared/lease-thread-messages.ts';
import type { LeaseHold, LeaseRef } from '../../store/lease-store/lease-details.ts';
import type { TimeoutSettler } from '../../store/lease-store/timeout-settler.ts';
import type { LeaseTable } from './lease-table.ts';
import { PHASES, sharedNowMs } from '../shared/lease-records.ts';

export interface DeadlineWatchdogDeps {
  readonly table: LeaseTable;
  readonly report: (message: LeaseReport) => void;
  readonly settler: Pick<TimeoutSettler, 'settle'>;
  /** Asks Redis whether a lease is still ours; one that merely ran out is reacquired. */
  readonly reacquire: (lease: LeaseRef) => Promise<LeaseHold>;
  /** Called when there are new leases that must end sooner than they were taken for. */
  readonly onShort: () => void;
  /** What deadline and grace together make a lease short. */
  readonly shorterThanMs: number;
}

interface Cancelled {
  readonly generation: number;
  readonly endsAtMs: number;
  readonly reason: string;
}

/** How often to look for leases that are new or overdue. */
const LOOK_MS = 100;

/** Enforces timeouts while the event loop is blocked: settles attempts that main has not ended by their deadline and grace. */
export class DeadlineWatchdog {
  readonly #deps: DeadlineWatchdogDeps;
  #timer: NodeJS.Timeout | undefined;
  /** By slot: which lease was looked at last. */
  readonly #seen: number[] = [];
  /** By slot: attempts that were cancelled, and when their grace is over. */
  readonly #cancelled = new Map<number, Cancelled>();
  #stopped = false;

  constructor(deps: DeadlineWatchdogDeps) {
    this.#deps = deps;
  }

  /** An attempt that was cancelled ends when its grace is over, whatever becomes of its handler. */
  cancel({ slot, generation }: LeaseRef, { graceMs, reason }: { graceMs: number; reason: string }): void {
    if (this.#cancelled.get(slot)?.generation === generation) return;
    this.#cancelled.set(slot, { generation, endsAtMs: sharedNowMs() + graceMs, reason });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  start(): void {
    this.#lookAt(sharedNowMs() + LOOK_MS);
  }

  #lookAt(atMs: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), Math.max(atMs - sharedNowMs(), 1));
  }

  /** New leases are not announced: looking at a few records costs less than a message for each. */
  #look(): void {
    const { table, onShort } = this.#deps;
    const nowMs = sharedNowMs();
    let nextMs = nowMs + LOOK_MS;
    let short = false;
    for (const ref of table.running()) {
      short = this.#isNewAndShort(ref) || short;
      const overdueAtMs = this.#endsAtMs(ref) + poolDefaults.watchdogDelayMs;
      if (nowMs >= overdueAtMs) void this.#settleAsTimedOut(ref);
      else nextMs = Math.min(nextMs, overdueAtMs);
    }
    if (short) onShort();
    this.#lookAt(nextMs);
  }

  #cancelOf({ slot, generation }: LeaseRef): Cancelled | null {
    const cancelled = this.#cancelled.get(slot);
    return cancelled?.generation === generation ? cancelled : null;
  }

  #endsAtMs(ref: LeaseRef): number {
    return Math.min(this.#deps.table.recordOf(ref).endsAtMs, this.#cancelOf(ref)?.endsAtMs ?? Infinity);
  }

  #isNewAndShort(ref: LeaseRef): boolean {
    const { slot, generation } = ref;
    if (this.#seen[slot] === generation) return false;
    this.#seen[slot] = generation;
    const { lastsMs = 0 } = this.#deps.table.find(ref) ?? {};
    return lastsMs > 0 && lastsMs < this.#deps.shorterThanMs;
  }

  async #settleAsTimedOut({ slot, generation }: LeaseRef): Promise<void> {
    const { table, report, settler, reacquire } = this.#deps;
    const note = table.find({ slot, generation });
    if (!note || note.lastsMs === 0) return;
    const record = table.recordOf(note);
    // From here on main cannot end the attempt any more.
    if (!record.advance(generation, PHASES.held, PHASES.timingOut)) return;
    const cancelled = this.#cancelOf(note);
    const retrySettleUntilMs = this.#endsAtMs(note) + poolDefaults.watchdogMaxMs;
    try {
      const end = await settler.settle(note, {
        isWorth: () => !this.#stopped && sharedNowMs() < retrySettleUntilMs,
        reacquire: () => reacquire({ slot, generation }),
        ...(cancelled && { cancelReason: cancelled.reason }),
      });
      report({ kind: 'ended', lease: { slot, generation }, ...end });
    } catch (error) {
      // Redis is away. Main may end the attempt itself, if it comes back first.
      if (record.advance(generation, PHASES.timingOut, PHASES.held)) {
        report({ kind: 'givenBack', lease: { slot, generation } });
        report(troubleOf(error));
      }
    }
  }
}
