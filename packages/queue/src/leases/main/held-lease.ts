import { type JobContract } from '../../job/contracts/job-contract.ts';
import { JobCancelledError, LeaseLostError } from '../../job/errors/index.ts';
import { attemptTimeout } from '../../job/attempt-timeout.ts';
import type { Delivery } from '../../job/delivery.ts';
import type { AttemptOutcome } from '../../job/attempt-outcome.ts';
import { poolDefaults } from '../../job/pool-defaults.ts';
import type { LeaseHold, LeaseDetails, LeaseRef } from '../../store/lease-store/lease-details.ts';
import type { AttemptLimit, Lease } from './lease.ts';
import { type LeaseRecord, PHASES, sharedNowMs } from '../shared/lease-records.ts';

/** What all leases of a pool share. */
export interface HeldLeaseDeps {
  readonly leaseMs: number;
  readonly confirm: (lease: LeaseRef) => Promise<LeaseHold>;
  /** Whether the pool shuts down, and has no time to wait for Redis. */
  readonly hurries: () => boolean;
}

/** From main's monotonic clock to the one that all threads share. */
const OFFSET_MS = sharedNowMs() - performance.now();

type Ended = { readonly outcome: AttemptOutcome; readonly written: boolean };

/** A lease that the lease thread renews. */
export class HeldLease implements Lease, LeaseDetails {
  readonly delivery: Delivery;
  readonly slot: number;
  readonly generation: number;
  readonly id: string;
  readonly token: string;
  readonly deliveries: number;
  timeoutMs: number;
  readonly lastsMs: number;
  readonly fence: number;
  /** Whether its id fits into its record. */
  readonly idFits: boolean;
  onLost: (error: LeaseLostError) => void = () => undefined;
  onCancelled: (error: JobCancelledError) => void = () => undefined;
  onTimedOut: () => void = () => undefined;
  readonly #deps: HeldLeaseDeps;
  readonly #record: LeaseRecord;
  #timedOut: PromiseWithResolvers<Ended | null> | undefined;
  #ended: Ended | null | undefined;
  #claimedAtMs = Infinity;
  #cancelledBy: JobCancelledError | null = null;

  /** @param contract of the job, when it has a handler here */
  constructor(
    delivery: Delivery,
    contract: JobContract | undefined,
    { slot, generation }: LeaseRef,
    record: LeaseRecord,
    deps: HeldLeaseDeps,
  ) {
    this.#deps = deps;
    this.#record = record;
    this.delivery = delivery;
    this.slot = slot;
    this.generation = generation;
    this.id = delivery.id;
    this.token = delivery.token;
    this.fence = delivery.fence;
    this.deliveries = delivery.deliveries;
    this.timeoutMs = contract ? attemptTimeout(delivery.options, contract) : 0;
    this.lastsMs = contract ? this.timeoutMs + contract.graceMs : 0;
    this.idFits = record.open(generation, delivery.takenAtMs + deps.leaseMs + OFFSET_MS, this);
  }

  get heldUntilMs(): number {
    return this.#record.heldUntilMs - OFFSET_MS;
  }

  /** Whether its attempt runs, and its end is not being written yet. */
  get isHeld(): boolean {
    return this.#record.phaseOf(this.generation) === PHASES.held;
  }

  get isFresh(): boolean {
    return this.heldUntilMs - performance.now() > this.#deps.leaseMs / 2;
  }

  get retrySettleUntilMs(): number {
    const { endsAtMs } = this.#record;
    // The lease thread goes on renewing, so without the claim's time this would never be reached.
    if (this.#deps.hurries()) return Math.min(this.heldUntilMs, this.#claimedAtMs + this.#deps.leaseMs);
    if (endsAtMs === Infinity) return this.heldUntilMs;
    return Math.max(endsAtMs + poolDefaults.settleMarginMs - OFFSET_MS, this.heldUntilMs);
  }

  get retryOutageUntilMs(): number {
    return this.retrySettleUntilMs + (this.#deps.hurries() ? 0 : poolDefaults.settleOutageMs);
  }

  get settledByWatchdog(): Promise<Ended | null> {
    if (this.#ended !== undefined) return Promise.resolve(this.#ended);
    return (this.#timedOut ??= Promise.withResolvers()).promise;
  }

  get cancelledBy(): JobCancelledError | null {
    return this.#cancelledBy;
  }

  /** The first reason counts. */
  cancel(reason: string): void {
    if (this.#cancelledBy) return;
    this.#cancelledBy = new JobCancelledError(reason);
    this.onCancelled(this.#cancelledBy);
  }

  claim(): boolean {
    this.#claimedAtMs = performance.now();
    const { held, settling, lost } = PHASES;
    if (this.#record.advance(this.generation, held, settling)) return true;
    return this.#record.phaseOf(this.generation) === lost; // Redis will refuse, and says why
  }

  async confirm(): Promise<LeaseHold> {
    const { slot, generation } = this;
    return this.#deps.confirm({ slot, generation });
  }

  limit({ timeoutMs, leftMs }: AttemptLimit): void {
    this.timeoutMs = timeoutMs;
    this.#record.timeoutMs = timeoutMs;
    this.#record.endsAtMs = sharedNowMs() + leftMs;
  }

  lose(): void {
    if (this.#record.phaseOf(this.generation) !== PHASES.lost) return;
    this.giveBack();
    this.onLost(new LeaseLostError(this.delivery.id));
  }

  /** The lease thread will not end the attempt: Redis is away or the lease is lost. Code here that waits for that continues. */
  giveBack(): void {
    const { held, settling, lost } = PHASES;
    if (!this.#timedOut || this.#ended !== undefined) return;
    const isOurs = this.#record.advance(this.generation, held, settling);
    if (!isOurs && this.#record.phaseOf(this.generation) !== lost) return; // the lease thread tries once more
    this.#ended = null;
    this.#timedOut.resolve(null);
  }

  /** The lease thread has ended the attempt. */
  settleByWatchdog({ outcome, written }: Ended): void {
    this.#ended = { outcome, written };
    this.#timedOut?.resolve(this.#ended);
    this.onTimedOut();
  }

  /** The lease thread died while it was ending the attempt. */
  abandonTimeout(): void {
    if (this.#ended || this.#record.phaseOf(this.generation) !== PHASES.timingOut) return;
    this.#record.advance(this.generation, PHASES.timingOut, PHASES.settling);
    this.#ended = null;
    this.#timedOut?.resolve(null);
    this.onTimedOut();
  }

  close(): void {
    this.#record.close();
  }
}
