import type { KeysMap } from 'bullmq';
import { jobPrefix } from '../admission/admission-keys.ts';
import { CapacityClaim, type ClaimOnOutOfMemory } from './capacity-claim.ts';
import { type CapacityDefinition, guestDefinition } from './capacity-definition.ts';

export interface CapacityClaimsDeps {
  /** Undefined for a client without a capacity: it takes no part. */
  readonly definition: CapacityDefinition | undefined;
  /** The client's own queue. It is a guest in all others. */
  readonly own: KeysMap;
  /** Whether it is a guest in that one, too. */
  readonly isGuest: boolean;
  /** Calls claim-capacity.lua on a queue, with the arguments from the step to `goneMs`. */
  readonly send: (keys: KeysMap, args: (string | number)[], onOutOfMemory: ClaimOnOutOfMemory) => Promise<unknown>;
}

/** One client's part in the agreement on the capacity of each queue that it touches. */
export class CapacityClaims {
  readonly #deps: CapacityClaimsDeps;
  /** By what the keys of a queue start with. */
  readonly #claims = new Map<string, CapacityClaim>();

  constructor(deps: CapacityClaimsDeps) {
    this.#deps = deps;
  }

  /** For who connects to its queue before its first call. Rejects when Redis does not answer. */
  async start(): Promise<void> {
    await this.#claimOf(this.#deps.own)?.start();
  }

  /** Whether `before` has nothing left to wait for. */
  isReady(keys: KeysMap): boolean {
    return this.#isGuestOf(keys) || this.#claimOf(keys)?.isConnected !== false;
  }

  /** A plain BullMQ client has no moment at which it connects to a queue but its first call. Never rejects. */
  async before(keys: KeysMap): Promise<void> {
    if (this.#isGuestOf(keys)) return;
    const claim = this.#claimOf(keys);
    await claim?.ensure();
    claim?.keepUp();
  }

  /** Who only adds to a queue takes part when it has added something, and no longer than it goes on. */
  after(keys: KeysMap): void {
    if (this.#isGuestOf(keys)) this.#claimOf(keys)?.renewIfDue();
  }

  /** Speaks of the definition now. */
  renew(): void {
    for (const claim of this.#claims.values()) void claim.renew();
  }

  /** Says goodbye, and takes part no longer. Never rejects, and does not take long. */
  async leave(): Promise<void> {
    await Promise.all([...this.#claims.values()].map((claim) => claim.leave()));
  }

  /** Takes part no longer. */
  stop(): void {
    for (const claim of this.#claims.values()) claim.stop();
  }

  #claimOf(keys: KeysMap): CapacityClaim | undefined {
    const { definition, send } = this.#deps;
    if (!definition) return undefined;
    const start = jobPrefix(keys);
    const known = this.#claims.get(start);
    if (known) return known;
    const stated = this.#isGuestOf(keys) ? guestDefinition(definition) : definition;
    const claim = new CapacityClaim(stated, (args, onOutOfMemory) => send(keys, args, onOutOfMemory));
    this.#claims.set(start, claim);
    return claim;
  }

  #isGuestOf(keys: KeysMap): boolean {
    return this.#deps.isGuest || jobPrefix(keys) !== jobPrefix(this.#deps.own);
  }
}
