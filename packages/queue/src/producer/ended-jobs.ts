/** Where ended jobs wait for their reader. */
export class EndedJobs<T> {
  readonly #order: 'completion' | 'input';
  readonly #ready: T[] = [];
  readonly #early = new Map<number, T>();
  #nextIndex = 0;
  #expected = 0;
  #read = 0;
  #closed = false;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(order: 'completion' | 'input') {
    this.#order = order;
  }

  /** So many jobs have been started in all. */
  expect(count: number): void {
    this.#expected = count;
  }

  /** No more will be started. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  add(index: number, value: T): void {
    if (this.#order === 'completion') this.#ready.push(value);
    else this.#early.set(index, value);
    for (let due = this.#early.get(this.#nextIndex); due !== undefined; due = this.#early.get(this.#nextIndex)) {
      this.#early.delete(this.#nextIndex++);
      this.#ready.push(due);
    }
    this.#wake?.();
  }

  /** The next one for the reader; undefined when all were read. Throws the first failure. */
  async next(): Promise<T | undefined> {
    for (;;) {
      const value = this.#ready.shift();
      if (value !== undefined) {
        this.#read += 1;
        return value;
      }
      if (this.#failure) throw this.#failure.error;
      if (this.#closed && this.#read === this.#expected) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
