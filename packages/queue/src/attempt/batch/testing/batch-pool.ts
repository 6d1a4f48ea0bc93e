import { z } from 'zod';
import { systemClock } from '../../../job/clock.ts';
import { defineJob } from '../../../job/contracts/job-contract.ts';
import { defineQueue } from '../../../job/contracts/queue-policy.ts';
import type { Delivery } from '../../../job/delivery.ts';
import type { Attempt } from '../../../job/handler/attempt.ts';
import { type BatchContext, type BatchResults, defineBatchHandler } from '../../../job/handler/batch-handler.ts';
import { bindHandlers } from '../../../job/handler/handler-registry.ts';
import { silentLogger } from '../../../job/logging/logger.ts';
import { FakeHeldLeases } from '../../../pool/testing/fake-lease.ts';
import { aDelivery, FakeLeaseStore } from '../../../pool/testing/fake-lease-store.ts';
import { StoreBatcher } from '../../../pool/store-batcher.ts';
import type { Slots } from '../../../job/slots.ts';
import { AbortRegistry } from '../../abort-registry.ts';
import type { PoolServices } from '../../attempt-record.ts';
import { PoolCounters } from '../../pool-counters.ts';
import { PoolEmitter } from '../../pool-events.ts';
import { ProcessLoad } from '../../process-load.ts';
import { RedisMonitor } from '../../redis-monitor.ts';
import { runAttempt } from '../../run-attempt.ts';
import { UnservedJobs } from '../../unserved-jobs.ts';
import { Batches } from '../batches.ts';

export const count = defineJob({
  name: 'count',
  payload: z.object({ n: z.int() }),
  result: z.object({ kind: z.enum(['odd', 'even']) }),
  graceMs: 0,
  retry: { attempts: 2, backoff: { type: 'fixed', delayMs: 5, jitter: 0 } },
});
export const save = defineJob({
  name: 'save',
  payload: z.object({ n: z.int() }),
  result: z.void(),
  retry: { attempts: 2 },
});
export const queue = defineQueue({ name: 'batches', jobs: [count, save], capacity: 1_000 });
export type Saves = readonly Attempt<typeof save>[];
export type SaveHandler = (attempts: Saves, context: BatchContext) => Promise<BatchResults<void>>;

export const results = (attempts: readonly Attempt<typeof count>[]) =>
  attempts.map(({ payload: { n } }) => ({ kind: n % 2 === 0 ? ('even' as const) : ('odd' as const) }));

/** A pool without Redis, whose batch handlers the test writes. */
export class BatchPool {
  readonly store = new FakeLeaseStore();
  readonly batches: Batches;
  readonly aborts = new AbortRegistry();
  readonly counters = new PoolCounters();
  readonly log: string[] = [];
  /** The numbers of each batch. */
  readonly seen: number[][] = [];
  handle: SaveHandler = async () => undefined;
  readonly #services: PoolServices;
  #courses: Promise<void>[] = [];

  constructor({ size = 10, waitMs = 20, contract = save, slots = 10 } = {}) {
    this.batches = new Batches({ total: slots });
    const events = new PoolEmitter();
    for (const name of [
      'completed',
      'retried',
      'released',
      'dead',
      'expired',
      'errorAfterSettle',
      'abandoned',
    ] as const) {
      events.on(name, ({ id, ...event }) =>
        this.log.push(`${id} ${name}${'message' in event ? `: ${event.message}` : ''}`),
      );
    }
    const saver = defineBatchHandler(contract, { size, waitMs }, (attempts, context) => {
      this.seen.push(attempts.map(({ payload }) => payload.n));
      return this.handle(attempts, context);
    });
    const counter = defineBatchHandler(count, { size, waitMs }, async (attempts) => results(attempts));
    this.#services = {
      handlers: bindHandlers(queue, { count: counter, save: saver }) as PoolServices['handlers'],
      store: this.store,
      batcher: this.store,
      leases: new FakeHeldLeases(),
      aborts: this.aborts,
      batches: this.batches,
      watch: new RedisMonitor(events, systemClock),
      events,
      counters: this.counters,
      process: new ProcessLoad(),
      unserved: new UnservedJobs(
        () => 0,
        () => undefined,
      ),
      clock: systemClock,
      random: () => 0,
      log: silentLogger(),
    };
  }

  take(numbers: readonly number[], fields: Partial<Delivery> & { isSuspect?: boolean; job?: string } = {}): void {
    const { isSuspect = false, job = 'save', ...rest } = fields;
    for (const n of numbers) {
      const delivery = aDelivery({ id: `${n}`, name: job, data: JSON.stringify({ n }), ...rest });
      this.#courses.push(runAttempt(this.store.hold(delivery), this.#services, isSuspect));
    }
  }

  /** Takes jobs as a pool with these slots does: by its batcher, which also writes their results. */
  takeBy(slots: Slots): StoreBatcher {
    const { store } = this;
    const run = (delivery: Delivery, isSuspect: boolean): Promise<void> => {
      const course = runAttempt(delivery, { ...this.#services, batcher }, isSuspect);
      this.#courses.push(course);
      return course;
    };
    const batcher = new StoreBatcher({ store, slots, run, process: new ProcessLoad() });
    return batcher;
  }

  async ended(): Promise<string[]> {
    await Promise.all(this.#courses.splice(0));
    return this.log;
  }
}
