/** The places of a pool in which attempts run. */
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

  /** Closes one: a free one, or the next one that is left. */
  shrink(): void {
    this.#total -= 1;
  }

  occupy(): Seat {
    if (this.free === 0) throw new RangeError('no slot is free');
    this.#busy += 1;
    return new Seat(this);
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

/** One occupied slot. It is left once, or passed on once; what comes later does nothing. */
export class Seat {
  readonly #slots: Slots;
  #held = true;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  leave(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#slots.vacate();
  }

  /** The slot goes to somebody else without having been free. Null when it was left before. */
  passOn(): Seat | null {
    if (!this.#held) return null;
    this.#held = false;
    return new Seat(this.#slots);
  }
}
