import { LeaseLostError } from '@sluice/shared';
import type { Clock } from './clock.ts';
import type { Delivery } from './delivery.ts';
import type { LeaseStore, Renewal } from './lease-store.ts';
import { type PoolTimings, poolDefaults } from './pool-defaults.ts';

/** One lease as this pool believes it to be. Times are monotonic. */
export interface Lease {
  readonly delivery: Delivery;
  /** Before this the lease is surely held, unless somebody removed it. */
  heldUntilMs: number;
  /** No renewal reaches beyond this. */
  endsAtMs: number;
  /** Its end is being written: no more renewals. */
  settling: boolean;
  /** Told once when a renewal is refused. */
  onLost: (error: LeaseLostError) => void;
  /** Renews it now, and tells whether it is still ours, as far as Redis answers. */
  confirm(): Promise<'held' | 'lost' | 'unknown'>;
}

export interface LeaseKeeperOptions {
  readonly store: Pick<LeaseStore, 'renew'>;
  readonly clock: Clock;
  readonly timings: PoolTimings;
  /** Told when renewals fail or work. */
  readonly onTrouble: (error: unknown) => void;
  readonly onFine: () => void;
}

/** Renews the leases of all running attempts, each at most to the end of its deadline and grace. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #leases = new Map<string, Lease>();
  #timer: NodeJS.Timeout | undefined;
  #renewing = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.renewAll(), this.#options.timings.renewMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Starts to keep a lease that was just taken. */
  hold(delivery: Delivery): Lease {
    const heldUntilMs = delivery.takenAtMs + this.#options.timings.leaseMs;
    const lease: Lease = {
      delivery,
      heldUntilMs,
      endsAtMs: Infinity,
      settling: false,
      onLost: () => undefined,
      confirm: () => this.#confirm(lease),
    };
    this.#leases.set(delivery.token, lease);
    return lease;
  }

  /** From now on the lease lasts at most so long, and a little more, so that the end itself can be written. */
  limit(lease: Lease, lastsMs: number): void {
    lease.endsAtMs = this.#options.clock.monotonicMs() + lastsMs + poolDefaults.settleMarginMs;
  }

  /** How long ago the first of the leases should have been renewed, in milliseconds; 0 when all are. */
  get overdueMs(): number {
    const nowMs = this.#options.clock.monotonicMs();
    const held = [...this.#leases.values()].filter(({ settling }) => !settling);
    return Math.round(held.reduce((most, lease) => Math.max(most, nowMs - lease.heldUntilMs), 0));
  }

  release(lease: Lease): void {
    this.#leases.delete(lease.delivery.token);
  }

  /** One round of renewals; a round that is still under way is not doubled. */
  async renewAll(): Promise<void> {
    const { store, clock, timings } = this.#options;
    const sentAtMs = clock.monotonicMs();
    const due = [...this.#leases.values()].filter((lease) => !lease.settling && lease.endsAtMs > sentAtMs);
    if (due.length === 0 || this.#renewing) return;
    this.#renewing = true;
    try {
      const renewals = due.map((lease) => renewalOf(lease, sentAtMs, timings.leaseMs));
      const lost = new Set(await store.renew(renewals));
      due.forEach((lease, index) => {
        if (lost.has(lease.delivery.token)) this.#lose(lease);
        else lease.heldUntilMs = sentAtMs + (renewals[index]?.leaseMs ?? 0);
      });
      this.#options.onFine();
    } catch (error) {
      this.#options.onTrouble(error);
    } finally {
      this.#renewing = false;
    }
  }

  async #confirm(lease: Lease): Promise<'held' | 'lost' | 'unknown'> {
    const { store, clock, timings } = this.#options;
    const sentAtMs = clock.monotonicMs();
    const renewal = renewalOf(lease, sentAtMs, timings.leaseMs);
    try {
      if ((await store.renew([renewal])).length > 0) return 'lost';
      lease.heldUntilMs = sentAtMs + renewal.leaseMs;
      return 'held';
    } catch {
      return 'unknown';
    }
  }

  #lose(lease: Lease): void {
    // A refusal right after a settle is no loss: the two crossed.
    if (lease.settling || !this.#leases.delete(lease.delivery.token)) return;
    lease.onLost(new LeaseLostError(lease.delivery.id));
  }
}

function renewalOf(lease: Lease, nowMs: number, leaseMs: number): Renewal {
  const { id, token } = lease.delivery;
  return { id, token, leaseMs: Math.max(Math.ceil(Math.min(leaseMs, lease.endsAtMs - nowMs)), 1) };
}
