import type { RunNumber } from '../store/admission/admission.ts';
import { producerDefaults } from '../job/defaults.ts';

/**
 * Numbers a producer's admission runs, so that Redis knows one that comes twice. Redis keeps the answer of the last run of
 * each lane; a lane is given to one run at a time, so there are as many as there ever were runs under way at once.
 */
export class RunLanes {
  readonly #keyPrefix: string;
  readonly #free: string[] = [];
  #opened = 0;
  #number = 0;

  constructor(keyPrefix: string) {
    this.#keyPrefix = keyPrefix;
  }

  /** Where the answers of all its lanes are kept. */
  get keys(): string[] {
    return Array.from({ length: this.#opened }, (_, index) => this.#key(index + 1));
  }

  /** How many runs are under way. */
  get busy(): number {
    return this.#opened - this.#free.length;
  }

  enter(): RunNumber {
    this.#number += 1;
    const lane = this.#free.pop() ?? this.#key((this.#opened += 1));
    return { lane, number: this.#number, windowMs: producerDefaults.resendWindowMs };
  }

  /** The run is over: it was answered, or is given up and will not be sent again. */
  leave({ lane }: RunNumber): void {
    this.#free.push(lane);
  }

  #key(lane: number): string {
    return `${this.#keyPrefix}:${lane}`;
  }
}
