import { poolDefaults } from '../pool/pool-defaults.ts';
import type { LeaseNote } from './keeper-messages.ts';
import { type LeaseCell, LeaseCells, phases, sharedNowMs } from './shared-leases.ts';

/** What the keeper's thread knows of the pool's leases. A lease that main has released is forgotten when it is next met. */
export class NoteBook {
  readonly #cells = new LeaseCells();
  readonly #notes = new Map<number, LeaseNote>();

  add(pages: readonly SharedArrayBuffer[], leases: readonly LeaseNote[]): void {
    for (const page of pages) this.#cells.add(page);
    for (const note of leases) this.#notes.set(note.slot, note);
  }

  find(slot: number, generation: number): LeaseNote | undefined {
    const note = this.#notes.get(slot);
    return note?.generation === generation ? note : undefined;
  }

  cellOf({ slot }: LeaseNote): LeaseCell {
    return this.#cells.at(slot);
  }

  /** The leases that are to be renewed: whose attempt is not settled, nor over since longer than its end is tried to be written. */
  kept(): LeaseNote[] {
    const nowMs = sharedNowMs();
    return [...this.#living()].filter((note) => this.leftMs(note, nowMs) > -poolDefaults.settleOutageMs);
  }

  /** How much longer the attempt may last, and its end be written; negative when that time is over. */
  leftMs(note: LeaseNote, nowMs: number): number {
    return this.cellOf(note).endsAtMs + poolDefaults.settleMarginMs - nowMs;
  }

  /** The leases of attempts that run. */
  running(): LeaseNote[] {
    return [...this.#living()].filter((note) => this.cellOf(note).phaseOf(note.generation) === phases.held);
  }

  *#living(): Generator<LeaseNote> {
    for (const [slot, note] of this.#notes) {
      const phase = this.#cells.at(slot).phaseOf(note.generation);
      if (phase === phases.free || phase === phases.lost) this.#notes.delete(slot);
      else yield note;
    }
  }
}
