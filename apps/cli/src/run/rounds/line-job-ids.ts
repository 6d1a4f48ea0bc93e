/** The jobs of one line so far, when one was not enough. */
interface Jobs {
  count: number;
  /** Jobs that were gone from Redis. */
  lost: number;
}

/** How often a line is put again whose job is gone from Redis, before it counts as failed. */
const LOSSES_MAX = 3;

/** The ids under which lines are put, kept over all rounds of a run. */
export class LineJobIds {
  readonly #earlier = new Map<number, Jobs>();

  /**
   * The same line has the same id in every run that goes on, so that it is put once however often it is asked for. A job
   * that is gone or brought no result may have ended, and Redis then remembers its id: the line needs another one. The id
   * names the attempts before it, too: they are part of the payload, and an id never stands for two payloads.
   */
  idOf(line: number, attemptsBefore = 0): string {
    const earlier = this.#earlier.get(line);
    const id = earlier ? `line-${line}.${earlier.count}` : `line-${line}`;
    return attemptsBefore === 0 ? id : `${id}-${attemptsBefore}`;
  }

  /** The job of the line ended without a result that counts: the line will be put again. */
  end(line: number): void {
    const { count, lost } = this.#of(line);
    this.#earlier.set(line, { count: count + 1, lost });
  }

  /** The job of the line is gone. @returns whether the line may be put again. */
  lose(line: number): boolean {
    const { count, lost } = this.#of(line);
    this.#earlier.set(line, { count: count + 1, lost: lost + 1 });
    return lost + 1 < LOSSES_MAX;
  }

  /** The line has its result. */
  forget(line: number): void {
    this.#earlier.delete(line);
  }

  #of(line: number): Jobs {
    return this.#earlier.get(line) ?? { count: 0, lost: 0 };
  }
}
