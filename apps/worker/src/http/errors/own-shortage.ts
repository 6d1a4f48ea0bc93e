import { setTimeout as sleep } from 'node:timers/promises';
import { RetryLaterError } from '@sluice/queue/contracts';

export interface OwnShortageOptions {
  /** How long a fetch keeps its slot before it is given back, so that fewer run at once. Default 1,000. */
  holdMs?: number;
  /** How long this process may go without a single answer before shortages spend attempts. Default 5 min. */
  limitMs?: number;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/**
 * This machine has no file descriptors, ports or memory left for another connection. That passes when others of our
 * connections end, and is nobody's fault who is asked. One per process.
 */
export class OwnShortage {
  readonly #options: Required<OwnShortageOptions>;
  /** The first shortage that no answer followed. */
  #sinceMs: number | null = null;

  constructor(options: OwnShortageOptions = {}) {
    this.#options = { holdMs: 1_000, limitMs: 300_000, now: () => performance.now(), ...options };
  }

  /** A host has answered. */
  isOver(): void {
    this.#sinceMs = null;
  }

  /**
   * Waits for a moment.
   *
   * @throws RetryLaterError to give the job back, no attempt spent, as long as there is hope
   */
  async wait(signal: AbortSignal): Promise<void> {
    const { holdMs, limitMs, now } = this.#options;
    this.#sinceMs ??= now();
    if (now() - this.#sinceMs > limitMs) return;
    await sleep(holdMs, undefined, { signal }).catch(() => {});
    throw new RetryLaterError({ delayMs: 500 + 1_000 * Math.random(), reason: 'this machine is short of resources' });
  }
}
