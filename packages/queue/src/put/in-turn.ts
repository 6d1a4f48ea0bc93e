/** Something that has been prepared, and is begun by calling it. */
export type Prepared<T> = () => Promise<T>;

/** Begins things in the order in which they came, however long each takes to prepare. */
export class InTurn {
  #last: Promise<void> = Promise.resolve();

  /** Rejects where the preparation does; then those behind are begun all the same. */
  run<T>(preparing: Promise<Prepared<T>>): Promise<T> {
    const begun = begin(this.#last, preparing);
    this.#last = begun.then(nothing, nothing);
    return begun.then(({ outcome }) => outcome);
  }
}

/** The outcome travels in a record, or a caller that waits for the beginning would wait for it, too. */
async function begin<T>(before: Promise<void>, preparing: Promise<Prepared<T>>): Promise<{ outcome: Promise<T> }> {
  preparing.catch(nothing); // reported below, in its turn
  await before;
  const start = await preparing;
  return { outcome: start() };
}

function nothing(): void {}
