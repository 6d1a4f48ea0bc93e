import type { FetchLine } from '../input/fetch-line.ts';
import { fetchUrl } from '@sluice/shared';

/** A line that waits for its next attempt. */
export interface RetryWait {
  line: FetchLine;
  dueMs: number;
  /** It counts among the lines of its host that are out. */
  keepsPlace: boolean;
}

/** Lines that wait for their next attempt, in the order in which they are due. */
export class RetryWaits {
  /** The next one is the last: it is taken most often, and moves no other. */
  #waits: RetryWait[] = [];

  get size(): number {
    return this.#waits.length;
  }

  /** When the next line is due; null when none waits. */
  get nextDueMs(): number | null {
    return this.#waits.at(-1)?.dueMs ?? null;
  }

  add(wait: RetryWait): void {
    let low = 0;
    for (let high = this.#waits.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((this.#waits[middle]?.dueMs ?? 0) > wait.dueMs) low = middle + 1;
      else high = middle;
    }
    this.#waits.splice(low, 0, wait);
  }

  /** The next line that is due at this time. */
  takeDue(nowMs: number): RetryWait | undefined {
    const { nextDueMs } = this;
    return nextDueMs !== null && nextDueMs <= nowMs ? this.#waits.pop() : undefined;
  }

  /** Takes out all that wait for this host. */
  dropHost(host: string): RetryWait[] {
    const dropped = this.#waits.filter(({ line }) => line.host === host);
    if (dropped.length > 0) this.#waits = this.#waits.filter(({ line }) => line.host !== host);
    return dropped;
  }
}

/** A day, as in the queue. */
const DELAY_MAX_MS = 86_400_000;

/** How long a line waits after this many attempts, in milliseconds: as long as the contract of its job says. */
export function retryDelayMs(attempts: number, random = Math.random): number {
  const { delayMs, jitter } = fetchUrl.retry.backoff;
  const fullMs = Math.min(DELAY_MAX_MS, delayMs * 2 ** (attempts - 1));
  return Math.floor(fullMs * (1 - jitter * random()));
}
