import { poolDefaults } from '../../job/pool-defaults.ts';
import type { LeaseDetails, LeaseRef } from '../../store/lease-store/lease-details.ts';
import { type LeaseRecord, LeaseRecords, PHASES, sharedNowMs } from '../shared/lease-records.ts';

/** The pool's leases as the lease thread sees them: what the shared records say now. */
export class LeaseTable {
  readonly #pool: string;
  readonly #records = new LeaseRecords();
  /** By slot: ids that are too long for a record. */
  readonly #longIds = new Map<number, LeaseRef & { readonly id: string }>();

  /** @param pool what the pool's lock tokens begin with */
  constructor(pool: string) {
    this.#pool = pool;
  }

  add(pages: readonly SharedArrayBuffer[]): void {
    for (const page of pages) this.#records.add(page);
  }

  name(ref: LeaseRef, id: string): void {
    this.#longIds.set(ref.slot, { ...ref, id });
  }

  /** Null when the record has another lease by now, and while a long id is still on its way: asked by another, Redis would say lost. */
  find({ slot, generation }: LeaseRef): LeaseDetails | null {
    if (slot >= this.#records.size) return null;
    const written = this.#records.at(slot).read(generation);
    if (!written) return null;
    const long = this.#longIds.get(slot);
    const id = written.id === '' && long?.generation === generation ? long.id : written.id;
    if (id === '') return null;
    return { ...written, slot, generation, id, token: `${this.#pool}:${written.fence}` };
  }

  recordOf({ slot }: LeaseRef): LeaseRecord {
    return this.#records.at(slot);
  }

  /** The leases that are to be renewed: whose attempt is not settled, nor over since longer than its end is tried to be written. */
  kept(): LeaseDetails[] {
    const nowMs = sharedNowMs();
    return this.#refs((phase) => phase !== PHASES.free && phase !== PHASES.lost)
      .filter((ref) => this.leftMs(ref, nowMs) > -poolDefaults.settleOutageMs)
      .map((ref) => this.find(ref))
      .filter((note) => note !== null);
  }

  /** How much longer the attempt may last, and its end be written; negative when that time is over. */
  leftMs(ref: LeaseRef, nowMs: number): number {
    return this.recordOf(ref).endsAtMs + poolDefaults.settleMarginMs - nowMs;
  }

  /** The leases of attempts that run. */
  running(): LeaseRef[] {
    return this.#refs((phase) => phase === PHASES.held);
  }

  /** The lease of the attempt that runs under this fence. */
  findFence(fence: number): LeaseRef | null {
    return this.running().find((ref) => this.find(ref)?.fence === fence) ?? null;
  }

  #refs(isMeant: (phase: number) => boolean): LeaseRef[] {
    const refs: LeaseRef[] = [];
    for (const [slot, record] of this.#records.entries()) {
      const { generation } = record;
      if (generation !== null && isMeant(record.phaseOf(generation))) refs.push({ slot, generation });
    }
    return refs;
  }
}
