import { outsideContext } from '../../job/outside-context.ts';
import { RedisTimeoutError } from './redis-timeout.ts';

interface Awaited {
  /** Monotonic. */
  readonly deadline: number;
  readonly end: () => void;
  /** Its index in the list. */
  index: number;
}

const NOT_LISTED = -1;
/** A timer that rings later than this had to wait for the event loop. */
const LATE_MS = 2;

/** Limits the time of a connection's calls: one timer for all that are under way, because to set one for each costs more than all else. */
export class AnswerDeadlines {
  // No Set: one that changes with every call keeps earlier calls in memory, so that the garbage collector moves them twice.
  readonly #awaited: Awaited[] = [];
  #timer: NodeJS.Timeout | undefined;
  #ringsAt = Infinity;

  /**
   * Waits for the answer to a call that was sent, until the deadline.
   *
   * @param onLate gets an answer that comes later
   * @throws RedisTimeoutError
   */
  within<T>(answer: Promise<T>, deadline: number, onLate?: (late: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const since = performance.now();
      const end = (): void => {
        const ms = Math.max(Math.round(deadline - since), 0);
        reject(new RedisTimeoutError({ sent: true }, `no answer within ${ms} ms`));
      };
      const awaited: Awaited = { deadline, end, index: NOT_LISTED };
      this.#add(awaited);
      answer.then(
        (value) => {
          if (this.#remove(awaited)) resolve(value);
          else onLate?.(value);
        },
        (error: unknown) => {
          this.#remove(awaited);
          reject(error as Error);
        },
      );
    });
  }

  #add(awaited: Awaited): void {
    awaited.index = this.#awaited.push(awaited) - 1;
    if (awaited.deadline < this.#ringsAt) this.#set(awaited.deadline);
    else if (this.#awaited.length === 1) this.#timer?.ref();
  }

  /**
   * The timer goes on, and looks at what is there when it rings, which costs less than to set it again. It keeps no process alive.
   *
   * @returns false when its time was over before
   */
  #remove(awaited: Awaited): boolean {
    const { index } = awaited;
    if (index === NOT_LISTED) return false;
    awaited.index = NOT_LISTED;
    const last = this.#awaited.pop();
    if (last && last !== awaited) {
      this.#awaited[index] = last;
      last.index = index;
    }
    if (this.#awaited.length === 0) this.#timer?.unref();
    return true;
  }

  #set(ringsAt: number): void {
    clearTimeout(this.#timer);
    this.#ringsAt = ringsAt;
    const leftMs = Math.max(Math.ceil(ringsAt - performance.now()), 0);
    this.#timer = outsideContext(() => setTimeout(() => this.#ring(), leftMs));
  }

  /** After a blocked event loop timers come before the sockets are read, and the answers may lie there. */
  #ring(): void {
    const isLate = performance.now() - this.#ringsAt > LATE_MS;
    if (isLate) setImmediate(() => this.#look());
    else this.#look();
  }

  #look(): void {
    clearTimeout(this.#timer); // one that was set since
    this.#timer = undefined;
    this.#ringsAt = Infinity;
    const now = performance.now();
    for (const awaited of this.#awaited.filter(({ deadline }) => deadline <= now)) {
      this.#remove(awaited);
      awaited.end();
    }
    const next = this.#awaited.reduce((first, { deadline }) => Math.min(first, deadline), Infinity);
    if (next < this.#ringsAt) this.#set(next);
  }
}
