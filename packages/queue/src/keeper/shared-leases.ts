/** How far a lease is. Whoever changes it first decides: main and the keeper's thread never both end an attempt. */
export const phases = {
  free: 0,
  /** The attempt runs, and its lease is renewed. */
  held: 1,
  /** Main writes the attempt's end. The lease is renewed until that is done. */
  settling: 2,
  /** Main did not end the attempt in time, so the keeper does. */
  overtaken: 3,
  lost: 4,
} as const;
export type Phase = (typeof phases)[keyof typeof phases];

const PAGE_CELLS = 256;
const WORD_BYTES = 4;
const TIME_BYTES = 8;
const GENERATION_STEP = 8;
const GENERATIONS = 2 ** 28;

/** Milliseconds of a clock that all threads of a process share; it never jumps. */
export function sharedNowMs(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1_000 + nanos / 1_000_000;
}

/**
 * What main and the keeper's thread know of one lease in common. A message could come too late: main may block right after
 * it changed something. A cell is used again and again; the generation says for which lease.
 */
export class LeaseCell {
  readonly #words: Int32Array;
  readonly #endsAt: Float64Array;
  readonly #heldUntil: Float64Array;
  readonly #index: number;

  constructor(page: SharedArrayBuffer, index: number) {
    this.#endsAt = new Float64Array(page, 0, PAGE_CELLS);
    this.#heldUntil = new Float64Array(page, PAGE_CELLS * TIME_BYTES, PAGE_CELLS);
    this.#words = new Int32Array(page, 2 * PAGE_CELLS * TIME_BYTES, PAGE_CELLS);
    this.#index = index;
  }

  /** When the attempt's deadline and grace are over; infinite until it has started. Shared clock. */
  get endsAtMs(): number {
    return this.#endsAt[this.#index] ?? 0;
  }

  set endsAtMs(ms: number) {
    this.#endsAt[this.#index] = ms;
  }

  /** Before this the lease is surely held, unless somebody removed it. Shared clock. */
  get heldUntilMs(): number {
    return this.#heldUntil[this.#index] ?? 0;
  }

  set heldUntilMs(ms: number) {
    this.#heldUntil[this.#index] = ms;
  }

  open(generation: number, heldUntilMs: number): void {
    this.endsAtMs = Infinity;
    this.heldUntilMs = heldUntilMs;
    Atomics.store(this.#words, this.#index, word(generation, phases.held));
  }

  close(): void {
    Atomics.store(this.#words, this.#index, phases.free);
  }

  /** Free, too, when another lease has the cell now. */
  phaseOf(generation: number): Phase {
    const phase = Atomics.load(this.#words, this.#index) - word(generation, phases.free);
    return phase >= phases.free && phase <= phases.lost ? (phase as Phase) : phases.free;
  }

  /** Goes from one phase to another. False: it was in neither of the two, and nothing was changed. */
  advance(generation: number, from: Phase, to: Phase): boolean {
    const before = Atomics.compareExchange(this.#words, this.#index, word(generation, from), word(generation, to));
    return before === word(generation, from) || before === word(generation, to);
  }
}

function word(generation: number, phase: Phase): number {
  return (generation % GENERATIONS) * GENERATION_STEP + phase;
}

/** The cells of a pool's leases, in pages that both sides have. Main adds pages, and the thread is told. */
export class LeaseCells {
  readonly #pages: SharedArrayBuffer[] = [];
  readonly #cells: LeaseCell[] = [];

  get pages(): readonly SharedArrayBuffer[] {
    return this.#pages;
  }

  get size(): number {
    return this.#cells.length;
  }

  at(slot: number): LeaseCell {
    const cell = this.#cells[slot];
    if (!cell) throw new RangeError(`there is no cell ${slot}`);
    return cell;
  }

  grow(): SharedArrayBuffer {
    const page = new SharedArrayBuffer(PAGE_CELLS * (2 * TIME_BYTES + WORD_BYTES));
    this.add(page);
    return page;
  }

  add(page: SharedArrayBuffer): void {
    this.#pages.push(page);
    for (let index = 0; index < PAGE_CELLS; index += 1) this.#cells.push(new LeaseCell(page, index));
  }
}
