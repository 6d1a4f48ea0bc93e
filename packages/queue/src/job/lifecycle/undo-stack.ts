type Step = () => unknown;

/**
 * What there is to undo, in the order in which it was done: the part of JavaScript's `AsyncDisposableStack` that we use, because
 * Node 22 has none.
 *
 * ```ts
 * await using undo = new UndoStack();
 * const server = undo.use(await startServer());
 * undo.defer(() => rm(folder, { recursive: true }));
 * return undo.move(); // nothing is undone here, if all went well
 * ```
 */
export class UndoStack implements AsyncDisposable {
  #steps: Step[] = [];

  /** Disposes of it at the end; gives it back. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.defer(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Runs the step at the end. */
  defer(step: Step): void {
    this.#steps.push(step);
  }

  /** Hands all that there is to undo over to a new stack; this one has nothing left. */
  move(): UndoStack {
    const other = new UndoStack();
    other.#steps = this.#steps;
    this.#steps = [];
    return other;
  }

  /**
   * Runs the steps, the last first, each of them though others fail.
   *
   * @throws what a step threw; an AggregateError of all if it was several
   */
  async disposeAsync(): Promise<void> {
    const errors: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 1) throw new AggregateError(errors, 'several steps of the end failed');
    if (errors.length === 1) throw errors[0];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync();
  }
}
