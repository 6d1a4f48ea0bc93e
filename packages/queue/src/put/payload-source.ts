export type Payloads<P> = Iterable<P> | AsyncIterable<P>;

/** What a caller gives to be put, read one by one. Unlike `for await`, a read that takes long can be given up. */
export class PayloadSource<P> {
  readonly #iterator: Iterator<P> | AsyncIterator<P>;
  #giveUp: ((reason: unknown) => void) | undefined;
  /** It was read, and has not ended by itself. */
  #isOpen = false;

  constructor(payloads: Payloads<P>) {
    this.#iterator = Symbol.asyncIterator in payloads ? payloads[Symbol.asyncIterator]() : payloads[Symbol.iterator]();
  }

  /** The next payload, at once where the source has it. Throws what the source throws. */
  next(): IteratorResult<P> | Promise<IteratorResult<P>> {
    this.#isOpen = true;
    try {
      const step = this.#iterator.next();
      if (isPromise(step)) return this.#await(step);
      if (step.done) this.#isOpen = false;
      else if (isPromise(step.value))
        return this.#await(step.value.then((value) => ({ done: false, value: value as P })));
      return step;
    } catch (error) {
      this.#isOpen = false;
      throw error;
    }
  }

  /** Gives up the read that is under way, which rejects with this reason. */
  giveUp(reason: unknown): void {
    this.#giveUp?.(reason);
  }

  /** Notifies the source that it is read no further. Waits for its answer, unless it is still busy with a payload. */
  async end(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const isBusy = this.#giveUp !== undefined;
    const answer = Promise.resolve(this.#iterator.return?.());
    if (isBusy) answer.catch(() => undefined);
    else await answer;
  }

  async #await(step: PromiseLike<IteratorResult<P>>): Promise<IteratorResult<P>> {
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<P>>();
    this.#giveUp = reject;
    step.then(
      (result) => {
        this.#giveUp = undefined;
        if (result.done) this.#isOpen = false;
        resolve(result);
      },
      (error: unknown) => {
        this.#giveUp = undefined;
        this.#isOpen = false;
        reject(error);
      },
    );
    return promise;
  }
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
