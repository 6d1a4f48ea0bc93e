import type { JobContract } from '../../job/contracts/job-contract.ts';
import type { Delivery } from '../../job/delivery.ts';
import { poolDefaults } from '../../job/pool-defaults.ts';
import type { FleetOrder } from '../../store/pools/pool-orders.ts';
import type { PoolDescription } from '../../store/pools/pool-description.ts';
import type { LeaseReport } from '../shared/lease-thread-messages.ts';
import type { LeaseHold, LeaseRef } from '../../store/lease-store/lease-details.ts';
import type { LeaseThreadPort } from './lease-thread-client.ts';
import { HeldLease, type HeldLeaseDeps } from './held-lease.ts';
import type { AttemptLimit, Lease } from './lease.ts';
import { generationAfter, LeaseRecords } from '../shared/lease-records.ts';

/** What the lease thread reports to its pool. */
export interface LeaseListener {
  /** Stalled jobs, whose worker was gone, were given back. */
  onRecovered(ids: readonly string[]): void;
  /** Leases that had run out were taken back. */
  onReacquired(count: number): void;
  /** An operator tells the pool something. */
  onOrder(order: FleetOrder): void;
  /** Leases cannot be renewed; called again and again until `onFine`. */
  onTrouble(error: unknown): void;
  onFine(): void;
}

export interface HeldLeasesDeps {
  readonly thread: LeaseThreadPort;
  readonly leaseMs: number;
  readonly listener: LeaseListener;
}

/**
 * The leases that a pool holds (BullMQ calls a lease a lock): main's side of the lease thread. That thread renews them over a
 * connection of its own, also while the event loop here is blocked. An attempt that has not ended by its deadline and grace, it
 * ends as timed out.
 *
 * ```
 *   attempt ── hold, release ──► records in shared memory ◄── renews, ends what is overdue ── thread
 * ```
 */
export class HeldLeases {
  readonly #deps: HeldLeasesDeps;
  readonly #records = new LeaseRecords();
  /** By slot. No Map: one that changes with every job keeps the jobs before it in memory. */
  readonly #leases: (HeldLease | undefined)[] = [];
  readonly #leaseDeps: HeldLeaseDeps;
  readonly #free: number[] = [];
  readonly #asks = new Map<number, (holds: LeaseHold) => void>();
  #generation = 0;
  #asked = 0;
  #leftoversInMs = 0;
  #hurries = false;
  #drains = false;
  #description: PoolDescription | undefined;

  constructor(deps: HeldLeasesDeps) {
    this.#deps = deps;
    this.#leaseDeps = { leaseMs: deps.leaseMs, confirm: (ref) => this.#ask(ref), hurries: () => this.#hurries };
    deps.thread.attach({
      onMessage: (message) => this.#hear(message),
      onRestart: () => this.#tellAll(),
      onDeath: (error) => this.#handleDeath(error),
    });
  }

  /** @throws RedisUnavailableError when the lease thread cannot connect in time */
  start(): Promise<void> {
    return this.#deps.thread.start();
  }

  /** When it was started: in how many milliseconds what others left behind may be given back; 0 when they left nothing. */
  get leftoversInMs(): number {
    return this.#leftoversInMs;
  }

  /** Ends the thread; leases are renewed no more. */
  async stop(): Promise<void> {
    await this.#deps.thread.stop();
    this.#answerAll('unknown');
  }

  /** Tells Redis that the pool drains. Should its process die now, that is evidence against no job. */
  noteDrain(): void {
    this.#drains = true;
    this.#deps.thread.send({ kind: 'drain' });
  }

  /** What the pool says of itself from now on. */
  describe(description: PoolDescription): void {
    this.#description = description;
    this.#deps.thread.send({ kind: 'describe', description });
  }

  /** From now on no call waits longer for Redis than the leases last. */
  hurry(): void {
    this.#hurries = true;
  }

  /**
   * Starts to keep a lease that was just taken: from now on its handler may block the event loop.
   *
   * @param contract of the job, when it has a handler here
   */
  hold(delivery: Delivery, contract?: JobContract): Lease {
    const slot = this.#free.pop() ?? this.#grow();
    const generation = (this.#generation = generationAfter(this.#generation));
    const lease = new HeldLease(delivery, contract, { slot, generation }, this.#records.at(slot), this.#leaseDeps);
    this.#leases[slot] = lease;
    if (!lease.idFits) this.#name(lease);
    return lease;
  }

  /** Sets the attempt's limit, at its start and whenever that moves. The lease lasts a little longer, so that the end can be written. */
  limit(lease: Lease, limit: AttemptLimit): void {
    if (lease instanceof HeldLease) lease.limit(limit);
  }

  /** How long ago the first of the leases should have been renewed, in milliseconds; 0 when all are. */
  get overdueMs(): number {
    const nowMs = performance.now();
    const held = this.#all().filter((lease) => lease.isHeld);
    return Math.round(held.reduce((most, lease) => Math.max(most, nowMs - lease.heldUntilMs), 0));
  }

  release(lease: Lease): void {
    if (!(lease instanceof HeldLease) || this.#leases[lease.slot] !== lease) return;
    lease.close();
    this.#leases[lease.slot] = undefined;
    this.#free.push(lease.slot);
  }

  #all(): HeldLease[] {
    return this.#leases.filter((lease) => lease !== undefined);
  }

  #grow(): number {
    const first = this.#records.size;
    this.#deps.thread.send({ kind: 'pages', pages: [this.#records.grow()] });
    for (let slot = this.#records.size - 1; slot > first; slot -= 1) this.#free.push(slot);
    return first;
  }

  #name({ id, slot, generation }: HeldLease): void {
    this.#deps.thread.send({ kind: 'name', lease: { slot, generation }, id });
  }

  /** A new thread knows nothing. */
  #tellAll(): void {
    this.#deps.thread.send({ kind: 'pages', pages: this.#records.pages });
    if (this.#description) this.describe(this.#description);
    for (const lease of this.#all()) if (!lease.idFits) this.#name(lease);
    if (this.#drains) this.noteDrain();
  }

  #ask({ slot, generation }: LeaseRef): Promise<LeaseHold> {
    const ask = (this.#asked += 1);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(ask, 'unknown'), poolDefaults.commandMs);
      this.#asks.set(ask, (holds) => {
        clearTimeout(timer);
        resolve(holds);
      });
      if (!this.#deps.thread.send({ kind: 'confirm', ask, lease: { slot, generation } })) this.#answer(ask, 'unknown');
    });
  }

  #answer(ask: number, holds: LeaseHold): void {
    this.#asks.get(ask)?.(holds);
    this.#asks.delete(ask);
  }

  #answerAll(holds: LeaseHold): void {
    for (const ask of this.#asks.keys()) this.#answer(ask, holds);
  }

  #hear(message: LeaseReport): void {
    const { listener } = this.#deps;
    switch (message.kind) {
      case 'lost':
        for (const ref of message.leases) this.#leaseOf(ref)?.lose();
        return;
      case 'ended':
        return this.#leaseOf(message.lease)?.settleByWatchdog(message);
      case 'cancel':
        return this.#leaseOf(message.lease)?.cancel(message.reason);
      case 'givenBack':
        return this.#leaseOf(message.lease)?.giveBack();
      case 'confirmed':
        return this.#answer(message.ask, message.holds);
      case 'recovered':
        return listener.onRecovered(message.ids);
      case 'order':
        return listener.onOrder(message.order);
      case 'reacquired':
        return listener.onReacquired(message.count);
      case 'trouble':
        return listener.onTrouble(new Error(message.message));
      case 'fine':
        return listener.onFine();
      case 'ready':
        this.#leftoversInMs = message.leftoversInMs;
        return;
      case 'unavailable':
        return;
      default:
        message satisfies never;
    }
  }

  /** What the dead thread had begun is unknown: the attempts whose end it was writing are ended here after all. */
  #handleDeath(error: unknown): void {
    this.#answerAll('unknown');
    for (const lease of this.#all()) lease.abandonTimeout();
    this.#deps.listener.onTrouble(error);
  }

  #leaseOf({ slot, generation }: LeaseRef): HeldLease | undefined {
    const lease = this.#leases[slot];
    return lease?.generation === generation ? lease : undefined;
  }
}
