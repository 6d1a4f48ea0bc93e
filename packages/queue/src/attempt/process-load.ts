import { randomBytes } from 'node:crypto';
import type { Delivery, Occupant } from '../job/delivery.ts';
import { pause } from '../job/pause.ts';
import type { LeaseStore, TakeContext } from '../store/lease-store/lease-store.ts';

/** One pool's part in a process. */
export interface ProcessMember {
  /** Whether this pool has nothing under way by which it could take a job. */
  isParked: boolean;
  /** Handlers that were given up, and may still do anything. */
  readonly strays: () => number;
}

/**
 * What runs in a process, over all its pools and consumers. When a process dies, all that ran in it dies: so a job was alone only if it
 * was alone in the process, and a crash suspect runs alone there (docs/adr/0012).
 */
export class ProcessLoad {
  readonly #members = new Set<ProcessMember>();
  #running = 0;
  /**
   * Those that were alone when they came, few at any time: before each run these are asked, and not all that run. No Set: one that
   * changes with every job keeps the jobs before it in memory.
   */
  #alone: Occupant[] = [];
  #owner: ProcessMember | null = null;
  #noting: Promise<unknown> | undefined;
  readonly #waiting = new Set<() => void>();

  /** How many deliveries run. */
  get running(): number {
    return this.#running;
  }

  get strays(): number {
    let count = 0;
    for (const member of this.#members) count += member.strays();
    return count;
  }

  join(member: ProcessMember): void {
    this.#members.add(member);
  }

  leave(member: ProcessMember): void {
    this.#members.delete(member);
    this.release(member);
    this.#notifyChanged();
  }

  add(occupant: Occupant): void {
    this.#running += 1;
    if (occupant.isAlone) this.#alone.push(occupant);
  }

  remove(occupant: Occupant): void {
    this.#running -= 1;
    const at = this.#alone.indexOf(occupant);
    if (at >= 0) this.#alone.splice(at, 1);
    this.#notifyChanged();
  }

  /**
   * Records in Redis those that are not alone any more. Undefined, as a rule: it knows. A caller that asks meanwhile waits, too,
   * so that jobs start in the order in which they were taken. Never rejects.
   */
  noteCompany(): Promise<unknown> | undefined {
    if (this.#alone.length === 0 || this.#running + this.strays < 2) return this.#noting;
    const unknown = this.#alone.filter(({ isAlone }) => isAlone);
    this.#alone = [];
    if (unknown.length === 0) return this.#noting;
    for (const occupant of unknown) occupant.isAlone = false;
    const notes = unknown.map((occupant) => occupant.noteCompany());
    const noting = Promise.allSettled([...notes, this.#noting ?? Promise.resolve()]);
    this.#noting = noting;
    void noting.then(() => setImmediate(() => this.#endNoting(noting)));
    return noting;
  }

  /** Whether another pool has the process for itself, or waits for that. */
  isTakenFrom(member: ProcessMember): boolean {
    return this.#owner !== null && this.#owner !== member;
  }

  /** Asks for the process: from now on no other pool takes jobs. @returns whether nothing runs here any more */
  claim(member: ProcessMember): boolean {
    this.#owner ??= member;
    if (this.#owner !== member || this.#running > 0) return false;
    for (const other of this.#members) if (other !== member && !other.isParked) return false;
    return true;
  }

  release(member: ProcessMember): void {
    if (this.#owner !== member) return;
    this.#owner = null;
    this.#notifyChanged();
  }

  park(member: ProcessMember, isParked: boolean): void {
    if (member.isParked === isParked) return;
    member.isParked = isParked;
    this.#notifyChanged();
  }

  /** Resolves at the next change of any kind, or after so long, or when the signal aborts. */
  async whenChanged(maxMs: number, signal: AbortSignal): Promise<void> {
    const changed = new AbortController();
    const notify = (): void => changed.abort();
    this.#waiting.add(notify);
    await pause(maxMs, AbortSignal.any([signal, changed.signal]));
    this.#waiting.delete(notify);
  }

  #endNoting(noting: Promise<unknown>): void {
    if (this.#noting === noting) this.#noting = undefined;
  }

  #notifyChanged(): void {
    for (const notify of this.#waiting) notify();
  }
}

/** A job whose attempt ends with the take that is being prepared. */
interface Ended {
  readonly delivery: Delivery;
  /** Its handler still runs. */
  readonly keepsSlot: boolean;
}

/** All that were not alone when they came, of which Redis knows that. */
const IN_COMPANY: Occupant = { isAlone: false, noteCompany: () => Promise.resolve() };

/** What one pool adds to its process: counts its deliveries, and knows whether one was alone in the process when it was taken. */
export class PoolLoad {
  readonly #process: ProcessLoad;
  readonly #store: Pick<LeaseStore, 'noteCompany'>;
  /** The delivery that runs here and was alone in the process when it was taken. */
  #alone: { readonly delivery: Delivery; readonly occupant: Occupant } | null = null;

  constructor(process: ProcessLoad, store: Pick<LeaseStore, 'noteCompany'>) {
    this.#process = process;
    this.#store = store;
  }

  /** Whether handlers that were given up may still do anything. */
  get hasStrays(): boolean {
    return this.#process.strays > 0;
  }

  /**
   * What a take has to know. If a job counts as not alone although it was, finding out that it crashes its worker takes one more crash.
   *
   * @param ended jobs that are completed in the same batch, so they no longer run
   * @param isIdle whether nothing in flight could bring another job
   * @param prefersSuspects asked only when nothing else runs
   */
  contextOf(ended: readonly Ended[], isIdle: boolean, prefersSuspects: () => boolean): TakeContext {
    const others = this.#process.running - ended.filter(({ keepsSlot }) => !keepsSlot).length;
    const alone = this.#alone?.occupant.isAlone === true ? this.#alone.delivery : null;
    return {
      which: others <= 0 && prefersSuspects() ? 'any' : 'others',
      hasOthers: others > 0 || !isIdle || this.hasStrays,
      alone: ended.some(({ delivery }) => delivery === alone) ? null : alone,
    };
  }

  /** Counts all deliveries of a take before the first one starts, so that it is known whether that one is alone. */
  add(deliveries: readonly Delivery[], { hasOthers, alone }: TakeContext): void {
    if (deliveries.length > 0 && alone && this.#alone?.delivery === alone) this.#alone.occupant.isAlone = false;
    const isAlone = !hasOthers && deliveries.length === 1;
    for (const delivery of deliveries) {
      const occupant = isAlone ? this.#occupantOf(delivery) : IN_COMPANY;
      if (isAlone) this.#alone = { delivery, occupant };
      delivery.occupant = occupant;
      this.#process.add(occupant);
    }
  }

  /** Nothing of the delivery runs any more. Does nothing for one that was removed. */
  remove(delivery: Delivery): void {
    if (this.#alone?.delivery === delivery) this.#alone = null;
    const { occupant } = delivery;
    if (!occupant) return;
    delivery.occupant = null;
    this.#process.remove(occupant);
  }

  #occupantOf(delivery: Delivery): Occupant {
    return { isAlone: true, noteCompany: () => this.#store.noteCompany(delivery) };
  }
}

/** The process that this module runs in. A thread that has pools of its own counts as one by itself. */
export const thisProcess = new ProcessLoad();

const processName = randomBytes(9).toString('base64url');
let pools = 0;

/** A name that no other pool has: `<process>.<number>`. */
export function namePool(): string {
  pools += 1;
  return `${processName}.${pools}`;
}
