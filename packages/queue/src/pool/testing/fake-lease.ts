import type { LeaseHold } from '../../store/lease-store/lease-details.ts';
import type { Lease } from '../../leases/main/lease.ts';
import type { HeldLeases } from '../../leases/main/held-leases.ts';
import { systemClock } from '../../job/clock.ts';
import type { Delivery } from '../../job/delivery.ts';
import type { AttemptOutcome } from '../../job/attempt-outcome.ts';
import { aDelivery } from './fake-lease-store.ts';

export interface FakeLeaseFields {
  delivery?: Delivery;
  heldForMs?: number;
  /** Default: yes. */
  isFresh?: boolean;
  /** Default: as long as it is held. */
  worthForMs?: number;
  /** While Redis is away. Default: no longer than that. */
  worthWaitingForMs?: number;
  /** How the lease thread has ended the attempt. */
  settledByWatchdog?: { outcome: AttemptOutcome; written: boolean };
  /** What the lease thread finds out, call by call; `lost` afterwards. */
  holds?: LeaseHold[];
}

/** A lease that is kept nowhere. */
export function aLease(fields: FakeLeaseFields = {}): Lease {
  const { delivery = aDelivery(), heldForMs = 5_000, worthForMs = heldForMs, settledByWatchdog, holds = [] } = fields;
  const { worthWaitingForMs = worthForMs } = fields;
  const nowMs = systemClock.monotonicMs();
  return {
    delivery,
    isFresh: fields.isFresh ?? true,
    heldUntilMs: nowMs + heldForMs,
    retrySettleUntilMs: nowMs + worthForMs,
    retryOutageUntilMs: nowMs + worthWaitingForMs,
    onLost: () => undefined,
    onCancelled: () => undefined,
    cancelledBy: null,
    onTimedOut: () => undefined,
    claim: () => settledByWatchdog === undefined,
    settledByWatchdog: Promise.resolve(settledByWatchdog ?? null),
    confirm: async () => holds.shift() ?? 'lost',
  };
}

/** Notes what is held. */
export class FakeHeldLeases implements Pick<HeldLeases, 'hold' | 'limit' | 'release'> {
  readonly held = new Set<Lease>();
  readonly fields: FakeLeaseFields = {};
  /** The timeouts that the lease thread was told, in order. */
  readonly timeouts: number[] = [];

  hold(delivery: Delivery): Lease {
    const lease = aLease({ ...this.fields, delivery });
    this.held.add(lease);
    return lease;
  }

  limit(_lease: Lease, { timeoutMs }: { timeoutMs: number }): void {
    this.timeouts.push(timeoutMs);
  }

  release(lease: Lease): void {
    this.held.delete(lease);
  }
}
