import { producerDefaults } from '../defaults.ts';

/**
 * How long to pause before the next look for room. At the head of the line: short while room is being found, up to twice
 * as long after every look that found none. Further back: long. Always within fixed bounds, and never in step with
 * other producers.
 */
export class PollPace {
  #pauseMs: number = producerDefaults.pollMinMs;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Tells what the last look found. */
  saw(room: boolean): void {
    this.#pauseMs = room ? producerDefaults.pollMinMs : Math.min(this.#pauseMs * 2, producerDefaults.pollMaxMs);
  }

  /** At the head: between half the pause and all of it. */
  nextMs(): number {
    return this.#spread(this.#pauseMs);
  }

  /** Further back. */
  nextBehindMs(): number {
    return this.#spread(producerDefaults.pollBehindMs);
  }

  #spread(ms: number): number {
    return ms * (0.5 + this.#random() / 2);
  }
}
