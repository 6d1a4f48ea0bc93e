import { Buffer } from 'node:buffer';

/** How far a lease is. The side that changes it first decides: main and the lease thread never both end an attempt. */
export const PHASES = {
  free: 0,
  /** The attempt runs, and its lease is renewed. */
  held: 1,
  /** Main writes the attempt's end. The lease is renewed until that is done. */
  settling: 2,
  /** Main did not end the attempt in time, so the lease thread does. */
  timingOut: 3,
  lost: 4,
} as const;
export type Phase = (typeof PHASES)[keyof typeof PHASES];

const PAGE_RECORDS = 64;
const WORD_BYTES = 4;
/** The longest id that fits into a record; ours are shorter unless they are all `%`. */
export const ID_MAX_BYTES = 256;
const GENERATION_STEP = 8;
const GENERATIONS = 2 ** 28;

/** The numbers of a record, each in a list of its own. */
const NUMBERS = { endsAt: 0, heldUntil: 1, fence: 2, deliveries: 3, timeout: 4, lasts: 5 };
const NUMBER_BYTES = 8;
const NUMBERS_BYTES = Object.keys(NUMBERS).length * NUMBER_BYTES;
/** Words: the phase with the generation, and how long the id is. */
const WORDS = 2;
const PAGE_BYTES = PAGE_RECORDS * (NUMBERS_BYTES + WORDS * WORD_BYTES + ID_MAX_BYTES);

/** Milliseconds of a clock that all threads of a process share; it never jumps. */
export function sharedNowMs(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1_000 + nanos / 1_000_000;
}

/** The generation after this one: which lease occupies a record. Starts at 0 again after very many. */
export function generationAfter(generation: number): number {
  return (generation + 1) % GENERATIONS;
}

/** What a record says of a lease. */
export interface RecordDetails {
  readonly id: string;
  readonly fence: number;
  readonly deliveries: number;
  readonly timeoutMs: number;
  readonly lastsMs: number;
}

/** One page as both sides see it. */
class Page {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly ids: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.numbers = new Float64Array(memory, 0, PAGE_RECORDS * (NUMBERS_BYTES / NUMBER_BYTES));
    this.words = new Int32Array(memory, PAGE_RECORDS * NUMBERS_BYTES, PAGE_RECORDS * WORDS);
    this.ids = Buffer.from(memory, PAGE_RECORDS * (NUMBERS_BYTES + WORDS * WORD_BYTES));
  }
}

/**
 * The shared lease record: what main and the lease thread both know of one lease. A message could come too late, for main may block right after
 * it changed something; and a message for each job would wake the thread for each. A record is used again and again; the
 * generation says for which lease.
 */
export class LeaseRecord {
  readonly #page: Page;
  readonly #index: number;

  constructor(page: Page, index: number) {
    this.#page = page;
    this.#index = index;
  }

  /** When the attempt's deadline and grace are over; infinite until it has started. Shared clock. */
  get endsAtMs(): number {
    return this.#number(NUMBERS.endsAt);
  }

  set endsAtMs(ms: number) {
    this.#write(NUMBERS.endsAt, ms);
  }

  /** The attempt's deadline, from its start. Extensions move it, and a job's expiry can cut it short. */
  set timeoutMs(ms: number) {
    this.#write(NUMBERS.timeout, ms);
  }

  /** Before this the lease is surely held, unless it was removed. Shared clock. */
  get heldUntilMs(): number {
    return this.#number(NUMBERS.heldUntil);
  }

  set heldUntilMs(ms: number) {
    this.#write(NUMBERS.heldUntil, ms);
  }

  /** From now on the other side may see the lease. @returns false when its id is too long for the record */
  open(generation: number, heldUntilMs: number, note: RecordDetails): boolean {
    this.endsAtMs = Infinity;
    this.heldUntilMs = heldUntilMs;
    this.#write(NUMBERS.fence, note.fence);
    this.#write(NUMBERS.deliveries, note.deliveries);
    this.timeoutMs = note.timeoutMs;
    this.#write(NUMBERS.lasts, note.lastsMs);
    const fits = this.#writeId(note.id);
    Atomics.store(this.#page.words, this.#index, word(generation, PHASES.held));
    return fits;
  }

  close(): void {
    Atomics.store(this.#page.words, this.#index, PHASES.free);
  }

  /** Which lease has the record now; null when none. */
  get generation(): number | null {
    const now = Atomics.load(this.#page.words, this.#index);
    return now % GENERATION_STEP === PHASES.free ? null : Math.floor(now / GENERATION_STEP);
  }

  /** The lease as it was written, with an empty id if that was too long; null when another one has the record by now. */
  read(generation: number): RecordDetails | null {
    const { words, ids } = this.#page;
    const start = this.#index * ID_MAX_BYTES;
    const note = {
      id: ids.toString('utf8', start, start + (words[PAGE_RECORDS + this.#index] ?? 0)),
      fence: this.#number(NUMBERS.fence),
      deliveries: this.#number(NUMBERS.deliveries),
      timeoutMs: this.#number(NUMBERS.timeout),
      lastsMs: this.#number(NUMBERS.lasts),
    };
    return this.generation === generation ? note : null;
  }

  /** Free, too, when another lease has the record now. */
  phaseOf(generation: number): Phase {
    const phase = Atomics.load(this.#page.words, this.#index) - word(generation, PHASES.free);
    return phase >= PHASES.free && phase <= PHASES.lost ? (phase as Phase) : PHASES.free;
  }

  /** Goes from one phase to another. False: it was in neither of the two, and nothing was changed. */
  advance(generation: number, from: Phase, to: Phase): boolean {
    const [old, next] = [word(generation, from), word(generation, to)];
    const before = Atomics.compareExchange(this.#page.words, this.#index, old, next);
    return before === old || before === next;
  }

  #number(which: number): number {
    return this.#page.numbers[which * PAGE_RECORDS + this.#index] ?? 0;
  }

  #write(which: number, value: number): void {
    this.#page.numbers[which * PAGE_RECORDS + this.#index] = value;
  }

  #writeId(id: string): boolean {
    const { words, ids } = this.#page;
    const fits = id.length * 3 <= ID_MAX_BYTES || Buffer.byteLength(id) <= ID_MAX_BYTES;
    words[PAGE_RECORDS + this.#index] = fits ? ids.write(id, this.#index * ID_MAX_BYTES, ID_MAX_BYTES, 'utf8') : 0;
    return fits;
  }
}

function word(generation: number, phase: Phase): number {
  return generation * GENERATION_STEP + phase;
}

/** The records of a pool's leases, in pages that both sides have. Main adds pages, and notifies the thread. */
export class LeaseRecords {
  readonly #pages: SharedArrayBuffer[] = [];
  readonly #records: LeaseRecord[] = [];

  get pages(): readonly SharedArrayBuffer[] {
    return this.#pages;
  }

  get size(): number {
    return this.#records.length;
  }

  at(slot: number): LeaseRecord {
    const record = this.#records[slot];
    if (!record) throw new RangeError(`there is no record ${slot}`);
    return record;
  }

  entries(): IterableIterator<[slot: number, record: LeaseRecord]> {
    return this.#records.entries();
  }

  grow(): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(PAGE_BYTES);
    this.add(memory);
    return memory;
  }

  add(memory: SharedArrayBuffer): void {
    const page = new Page(memory);
    this.#pages.push(memory);
    for (let index = 0; index < PAGE_RECORDS; index += 1) this.#records.push(new LeaseRecord(page, index));
  }
}
