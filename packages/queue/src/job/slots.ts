/** The slots of a pool, in which attempts run. */
export class Slots {
  #total: number;
  #busy = 0;
  #waiting: (() => void)[] = [];

  constructor(total: number) {
    this.#total = total;
  }

  get total(): number {
    return this.#total;
  }

  get busy(): number {
    return this.#busy;
  }

  get free(): number {
    return Math.max(this.#total - this.#busy, 0);
  }

  /** Opens one more. */
  grow(): void {
    this.#total += 1;
    this.#wakeAll();
  }

  /** Closes one: a free one, or the next one that is released. */
  shrink(): void {
    this.#total -= 1;
  }

  /** Changes how many there are. Those in use that are too many close when they are released. */
  resize(total: number): void {
    this.#total = total;
    this.#wakeAll();
  }

  acquire(): SlotLease {
    if (this.free === 0) throw new RangeError('no slot is free');
    this.#busy += 1;
    return new SlotLease(this);
  }

  vacate(): void {
    this.#busy -= 1;
    this.#wakeAll();
  }

  #wakeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves at the next vacation or opening of a slot, or when the signal aborts. */
  whenVacated(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        signal.removeEventListener('abort', wake);
        resolve();
      });
      const wake = (): void => resolve();
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/** A slot that is in use. It is released once, or transferred once; later calls do nothing. */
export class SlotLease {
  readonly #slots: Slots;
  #held = true;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#slots.vacate();
  }

  /** Gives the slot to the next job without freeing it. Null when it was released before. */
  transfer(): SlotLease | null {
    if (!this.#held) return null;
    this.#held = false;
    return new SlotLease(this.#slots);
  }
}
