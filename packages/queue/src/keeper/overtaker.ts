import { poolDefaults } from '../pool/pool-defaults.ts';
import type { FromKeeper, LeaseHold, LeaseNote, LeaseRef } from './keeper-messages.ts';
import type { LateEnds } from './lease-rounds.ts';
import type { NoteBook } from './note-book.ts';
import { phases, sharedNowMs } from './shared-leases.ts';

export interface OvertakerOptions {
  readonly book: NoteBook;
  readonly tell: (message: FromKeeper) => void;
  readonly settler: LateEnds;
  /** Asks Redis whether a lease is still ours; one that merely ran out is taken back. */
  readonly regain: (lease: LeaseRef) => Promise<LeaseHold>;
}

/** How often to look again at an attempt that could be at its end if it had started at once, and has not. */
const LOOK_AGAIN_MS = 100;

/** Ends the attempts that main has not ended by their deadline and grace: its event loop is blocked. */
export class Overtaker {
  readonly #options: OvertakerOptions;
  #timer: NodeJS.Timeout | undefined;
  #looksAtMs = Infinity;
  #stopped = false;

  constructor(options: OvertakerOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** New leases. None of them can be overdue before its whole time is over, counted from now. */
  note(leases: readonly LeaseNote[]): void {
    const lasts = leases.map(({ lastsMs }) => lastsMs || Infinity);
    this.#lookAt(sharedNowMs() + Math.min(...lasts) + poolDefaults.overtakeMs);
  }

  #lookAt(atMs: number): void {
    if (atMs >= this.#looksAtMs || this.#stopped) return;
    this.#looksAtMs = atMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(atMs - sharedNowMs(), 1), 2 ** 31 - 1));
  }

  #look(): void {
    this.#looksAtMs = Infinity;
    const { book } = this.#options;
    const nowMs = sharedNowMs();
    let nextMs = Infinity;
    for (const note of book.running()) {
      if (note.lastsMs > 0) nextMs = Math.min(nextMs, this.#lookAtOne(note, nowMs));
    }
    this.#lookAt(nextMs);
  }

  /** @returns when to look at it again */
  #lookAtOne(note: LeaseNote, nowMs: number): number {
    const { endsAtMs } = this.#options.book.cellOf(note);
    if (endsAtMs === Infinity) return nowMs + LOOK_AGAIN_MS;
    const overdueAtMs = endsAtMs + poolDefaults.overtakeMs;
    if (nowMs < overdueAtMs) return overdueAtMs;
    void this.#overtake(note);
    return Infinity;
  }

  async #overtake(note: LeaseNote): Promise<void> {
    const { book, tell, settler, regain } = this.#options;
    const { slot, generation } = note;
    const cell = book.cellOf(note);
    // From here on main cannot end the attempt any more.
    if (!cell.advance(generation, phases.held, phases.overtaken)) return;
    const worthUntilMs = cell.endsAtMs + poolDefaults.overtakeMaxMs;
    try {
      const end = await settler.end(note, {
        isWorth: () => !this.#stopped && sharedNowMs() < worthUntilMs,
        regain: () => regain({ slot, generation }),
      });
      tell({ kind: 'ended', lease: { slot, generation }, ...end });
    } catch (error) {
      // Redis is away. Main may end the attempt itself, if it comes back first.
      if (cell.advance(generation, phases.overtaken, phases.held)) {
        tell({ kind: 'trouble', message: error instanceof Error ? error.message : String(error) });
        this.#lookAt(sharedNowMs() + LOOK_AGAIN_MS);
      }
    }
  }
}
