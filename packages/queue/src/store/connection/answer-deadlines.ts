import { outsideContext } from '../../job/outside-context.ts';
import { RedisTimeoutError } from './redis-timeout.ts';

interface Awaited {
  /** Monotonic. */
  readonly deadline: number;
  readonly end: () => void;
}

/** Limits the time of a connection's calls: one timer for all that are under way, because to set one for each costs more than all else. */
export class AnswerDeadlines {
  readonly #awaited = new Set<Awaited>();
  #timer: NodeJS.Timeout | undefined;
  #ringsAt = Infinity;

  /**
   * Waits for the answer to a call that was sent, until the deadline.
   *
   * @throws RedisTimeoutError
   */
  within<T>(answer: Promise<T>, deadline: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const since = performance.now();
      const end = (): void => {
        const ms = Math.max(Math.round(deadline - since), 0);
        reject(new RedisTimeoutError({ sent: true }, `no answer within ${ms} ms`));
      };
      const awaited: Awaited = { deadline, end };
      this.#add(awaited);
      answer.then(
        (value) => {
          this.#remove(awaited);
          resolve(value);
        },
        (error: unknown) => {
          this.#remove(awaited);
          reject(error as Error);
        },
      );
    });
  }

  #add(awaited: Awaited): void {
    this.#awaited.add(awaited);
    if (awaited.deadline < this.#ringsAt) this.#set(awaited.deadline);
    else if (this.#awaited.size === 1) this.#timer?.ref();
  }

  /** The timer goes on, and looks at what is there when it rings, which costs less than to set it again. It keeps no process alive. */
  #remove(awaited: Awaited): void {
    if (this.#awaited.delete(awaited) && this.#awaited.size === 0) this.#timer?.unref();
  }

  #set(ringsAt: number): void {
    clearTimeout(this.#timer);
    this.#ringsAt = ringsAt;
    const leftMs = Math.max(Math.ceil(ringsAt - performance.now()), 0);
    this.#timer = outsideContext(() => setTimeout(() => this.#look(), leftMs));
  }

  #look(): void {
    this.#timer = undefined;
    this.#ringsAt = Infinity;
    const now = performance.now();
    for (const awaited of this.#awaited) {
      if (awaited.deadline <= now) {
        this.#awaited.delete(awaited);
        awaited.end();
      } else if (awaited.deadline < this.#ringsAt) this.#ringsAt = awaited.deadline;
    }
    if (this.#ringsAt < Infinity) this.#set(this.#ringsAt);
  }
}
