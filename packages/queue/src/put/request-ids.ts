import type { RequestId } from '../store/admission/admission.ts';
import { producerDefaults } from '../job/defaults.ts';

/**
 * Gives each admission call of a producer an id, so that Redis recognises a call that is sent twice. Redis caches the reply to
 * the last call of each request-id slot. A slot belongs to one call at a time, so there are as many slots as there ever were
 * calls in flight at once.
 */
export class RequestIds {
  readonly #keyPrefix: string;
  readonly #freeSlots: string[] = [];
  #slots = 0;
  #number = 0;

  constructor(keyPrefix: string) {
    this.#keyPrefix = keyPrefix;
  }

  /** The keys that cache the replies of all its slots. */
  get keys(): string[] {
    return Array.from({ length: this.#slots }, (_, index) => this.#key(index + 1));
  }

  /** How many calls are in flight. */
  get inFlight(): number {
    return this.#slots - this.#freeSlots.length;
  }

  acquire(): RequestId {
    this.#number += 1;
    const slot = this.#freeSlots.pop() ?? this.#key((this.#slots += 1));
    return { slot, number: this.#number, windowMs: producerDefaults.resendWindowMs };
  }

  /** The call is over: it was answered, or the producer gave up and will not send it again. */
  release({ slot }: RequestId): void {
    this.#freeSlots.push(slot);
  }

  #key(slot: number): string {
    return `${this.#keyPrefix}:${slot}`;
  }
}
