import { Lifecycle, type LifecycleState } from '../../job/lifecycle/lifecycle.ts';
import { poolDefaults } from '../../job/pool-defaults.ts';
import { type FromLeaseThread, type LeaseCommand, messageOf } from '../shared/lease-thread-messages.ts';
import type { LeaseThreadSetup } from '../../store/lease-store/lease-thread-setup.ts';
import type { LeaseRef } from '../../store/lease-store/lease-details.ts';
import { LeaseThreadRedis } from '../../store/lease-store/lease-thread-redis.ts';
import { TimeoutSettler } from '../../store/lease-store/timeout-settler.ts';
import { DeadlineWatchdog } from './deadline-watchdog.ts';
import { LeaseRenewer } from './lease-renewer.ts';
import { LeaseTable } from './lease-table.ts';
import type { PoolOrder } from '../../store/pools/pool-orders.ts';
import { OrderReader } from './order-reader.ts';
import { StalledSweeper } from './stalled-sweeper.ts';

/**
 * What the lease thread does for one pool: renews its leases, sweeps its queue, and ends the attempts that are overdue. All of that
 * on a connection of its own: no other pool can hold it up.
 */
export class PoolLeases {
  readonly #redis: LeaseThreadRedis;
  readonly #table: LeaseTable;
  readonly #renewer: LeaseRenewer;
  readonly #sweeper: StalledSweeper;
  readonly #watchdog: DeadlineWatchdog;
  readonly #orders: OrderReader;
  readonly #graces: LeaseThreadSetup['graces'];
  readonly #report: (message: FromLeaseThread['message']) => void;
  readonly #lifecycle = new Lifecycle({ start: (signal) => this.#open(signal), stop: () => this.#close() });

  constructor(setup: LeaseThreadSetup, report: (message: FromLeaseThread['message']) => void) {
    const redis = new LeaseThreadRedis(setup);
    const table = new LeaseTable(setup.pool);
    const { timings } = setup;
    this.#redis = redis;
    this.#table = table;
    this.#report = report;
    const renewer = new LeaseRenewer({ timings, table, redis, report });
    this.#renewer = renewer;
    this.#graces = setup.graces;
    this.#orders = new OrderReader({
      take: () => redis.takeOrders(),
      isBusy: () => table.running().length > 0,
      onOrder: (order) => this.#obey(order),
    });
    this.#sweeper = new StalledSweeper({ timings, redis, report });
    this.#watchdog = new DeadlineWatchdog({
      table,
      report,
      settler: new TimeoutSettler(setup, redis.client),
      reacquire: (lease) => renewer.confirm(lease),
      onShort: () => void renewer.renewAll(),
      shorterThanMs: timings.leaseMs - poolDefaults.settleMarginMs,
    });
  }

  #obey(order: PoolOrder): void {
    if (order.kind !== 'cancel') return this.#report({ kind: 'order', order });
    const { fence, job, reason } = order;
    const lease = this.#table.findFence(fence);
    if (!lease) return; // it has ended
    this.#watchdog.cancel(lease, { graceMs: this.#graces[job] ?? 0, reason });
    this.#report({ kind: 'cancel', lease, reason });
  }

  get state(): LifecycleState {
    return this.#lifecycle.state;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  close(): Promise<void> {
    return this.#lifecycle.stop();
  }

  async #open(signal: AbortSignal): Promise<void> {
    try {
      await this.#redis.connect(signal);
      if (!signal.aborted) void this.#work().then((leftoversInMs) => this.#report({ kind: 'ready', leftoversInMs }));
    } catch (error) {
      this.#report({ kind: 'unavailable', message: messageOf(error) });
      // A thread that replaces a dead one keeps trying, as a pool does.
      void this.#work();
    }
  }

  /** Resolves after the first round. @returns in how many milliseconds what others left behind may be given back; 0 when nothing is */
  async #work(): Promise<number> {
    this.#renewer.start();
    this.#sweeper.start();
    this.#watchdog.start();
    this.#orders.start();
    await this.#renewer.renewAll();
    return this.#sweeper.sweep(true);
  }

  hear(message: Exclude<LeaseCommand, { kind: 'close' }>): void {
    switch (message.kind) {
      case 'pages':
        return this.#table.add(message.pages);
      case 'name':
        return this.#table.name(message.lease, message.id);
      case 'describe':
        this.#redis.describe(message.description);
        return void this.#renewer.renewAll();
      case 'confirm':
        return void this.#confirm(message.ask, message.lease);
      case 'drain':
        this.#redis.noteDrain();
        return void this.#renewer.renewAgain();
      default:
        message satisfies never;
    }
  }

  async #close(): Promise<void> {
    for (const part of [this.#renewer, this.#sweeper, this.#watchdog, this.#orders]) part.stop();
    await this.#redis.signOff();
    this.#redis.close();
  }

  async #confirm(ask: number, lease: LeaseRef): Promise<void> {
    this.#report({ kind: 'confirmed', ask, holds: await this.#renewer.confirm(lease) });
  }
}
