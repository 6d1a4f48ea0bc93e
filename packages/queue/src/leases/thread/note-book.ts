import { poolDefaults } from '../../job/pool-defaults.ts';
import type { LeaseNote, LeaseRef } from '../../store/lease-store/lease-note.ts';
import { type LeaseCell, LeaseCells, phases, sharedNowMs } from '../shared/shared-leases.ts';

/** What the keeper's thread knows of the pool's leases: what stands in the cells now. */
export class NoteBook {
  readonly #pool: string;
  readonly #cells = new LeaseCells();
  /** By slot: ids that are too long for a cell. */
  readonly #longIds = new Map<number, LeaseRef & { readonly id: string }>();

  /** @param pool what the pool's lock tokens begin with */
  constructor(pool: string) {
    this.#pool = pool;
  }

  add(pages: readonly SharedArrayBuffer[]): void {
    for (const page of pages) this.#cells.add(page);
  }

  name(ref: LeaseRef, id: string): void {
    this.#longIds.set(ref.slot, { ...ref, id });
  }

  /** Null when the cell has another lease by now, and while a long id is still on its way: asked by another, Redis would say lost. */
  find({ slot, generation }: LeaseRef): LeaseNote | null {
    if (slot >= this.#cells.size) return null;
    const told = this.#cells.at(slot).read(generation);
    if (!told) return null;
    const long = this.#longIds.get(slot);
    const id = told.id === '' && long?.generation === generation ? long.id : told.id;
    if (id === '') return null;
    return { ...told, slot, generation, id, token: `${this.#pool}:${told.fence}` };
  }

  cellOf({ slot }: LeaseRef): LeaseCell {
    return this.#cells.at(slot);
  }

  /** The leases that are to be renewed: whose attempt is not settled, nor over since longer than its end is tried to be written. */
  kept(): LeaseNote[] {
    const nowMs = sharedNowMs();
    return this.#refs((phase) => phase !== phases.free && phase !== phases.lost)
      .filter((ref) => this.leftMs(ref, nowMs) > -poolDefaults.settleOutageMs)
      .map((ref) => this.find(ref))
      .filter((note) => note !== null);
  }

  /** How much longer the attempt may last, and its end be written; negative when that time is over. */
  leftMs(ref: LeaseRef, nowMs: number): number {
    return this.cellOf(ref).endsAtMs + poolDefaults.settleMarginMs - nowMs;
  }

  /** The leases of attempts that run. */
  running(): LeaseRef[] {
    return this.#refs((phase) => phase === phases.held);
  }

  #refs(isMeant: (phase: number) => boolean): LeaseRef[] {
    const refs: LeaseRef[] = [];
    for (const [slot, cell] of this.#cells.entries()) {
      const { generation } = cell;
      if (generation !== null && isMeant(cell.phaseOf(generation))) refs.push({ slot, generation });
    }
    return refs;
  }
}
