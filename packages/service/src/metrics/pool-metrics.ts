import type { PoolHealth, QueueDefinition, WorkerPool } from '@sluice/queue';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { JOB_SECONDS } from './buckets.ts';

type Queue = Pick<QueueDefinition, 'name' | 'jobs'>;

/** How attempts end that were settled. */
const SETTLED = ['completed', 'retried', 'released', 'dead', 'expired', 'cancelled', 'missing'] as const;
/** Of these the handler ran, as a rule. */
const RUN = new Set<string>(['completed', 'retried', 'dead', 'expired', 'cancelled']);
const LEASE_LOST = 'lease-lost';
/** Label of jobs that no contract of the queue has: anybody may name theirs as they like, and a label must have few values. */
const OTHER = 'other';

const GAUGES: Record<string, readonly [help: string, read: (health: PoolHealth) => number]> = {
  slots: ['Attempts that may run at once.', ({ slots }) => slots],
  slots_in_use: ['Attempts that run now.', ({ busy }) => busy],
  abandoned_handlers: ['Handlers that were given up and have not come back.', ({ abandoned }) => abandoned],
  lease_overdue_seconds: [
    'How long ago the first of the held leases should have been renewed; 0 when all are.',
    ({ leaseOverdueMs }) => leaseOverdueMs / 1_000,
  ],
  pools_ready: ['Pools of this process that do their work.', ({ ready }) => Number(ready)],
};

/** What becomes of attempts, and how pools are doing. */
export class PoolMetrics {
  readonly #attempts: Counter<'queue' | 'job' | 'outcome'>;
  readonly #runs: Histogram<'queue' | 'job' | 'outcome'>;
  readonly #queueing: Histogram<'queue' | 'job'>;
  readonly #counters: Record<'late' | 'recovered' | 'terminated' | 'watchdog', Counter<'queue'>>;
  readonly #observed = new Map<WorkerPool, string>();

  constructor(register: Registry) {
    const registers = [register];
    const ofJob = ['queue', 'job', 'outcome'] as const;
    this.#attempts = new Counter({
      name: 'sluice_attempts_total',
      help: 'Attempts that have ended, by how.',
      labelNames: ofJob,
      registers,
    });
    this.#runs = new Histogram({
      name: 'sluice_run_seconds',
      help: 'How long attempts took in their slot.',
      labelNames: ofJob,
      buckets: JOB_SECONDS,
      registers,
    });
    this.#queueing = new Histogram({
      name: 'sluice_queueing_seconds',
      help: 'How long jobs could have started before they were taken for the first time.',
      labelNames: ['queue', 'job'],
      buckets: JOB_SECONDS,
      registers,
    });
    const counter = (end: string, help: string): Counter<'queue'> =>
      new Counter({ name: `sluice_${end}_total`, help, labelNames: ['queue'], registers });
    this.#counters = {
      late: counter('late_renewals', 'Leases that had run out when they were renewed, and could be had again.'),
      recovered: counter('recovered_jobs', 'Jobs of dead workers that were given back.'),
      terminated: counter('terminated_handlers', 'Handlers that were given up and whose thread was ended.'),
      watchdog: counter('settled_by_watchdog', 'Attempts that the lease thread ended because the loop was blocked.'),
    };
    const observed = this.#observed;
    for (const [end, [help, read]] of Object.entries(GAUGES)) {
      new Gauge({
        name: `sluice_${end}`,
        help,
        labelNames: ['queue'],
        registers,
        collect() {
          this.reset();
          for (const [pool, queue] of observed) this.inc({ queue }, read(pool.health()));
        },
      });
    }
  }

  observe({ name: queue, jobs }: Queue, pool: WorkerPool): () => void {
    const known = new Set(jobs.map(({ name }) => name));
    const labelOf = (job: string): string => (known.has(job) ? job : OTHER);
    // A rate needs the first step from 0 as well.
    for (const job of known)
      for (const outcome of [...SETTLED, LEASE_LOST]) this.#attempts.inc({ queue, job, outcome }, 0);
    const { late, recovered, terminated, watchdog } = this.#counters;
    for (const each of [late, recovered, terminated, watchdog]) each.inc({ queue }, 0);
    const offs = [
      ...SETTLED.map((outcome) =>
        pool.on(outcome, ({ job, ms }) => {
          const labels = { queue, job: labelOf(job), outcome };
          this.#attempts.inc(labels);
          if (RUN.has(outcome)) this.#runs.observe(labels, ms / 1_000);
        }),
      ),
      pool.on('leaseLost', ({ job }) => this.#attempts.inc({ queue, job: labelOf(job), outcome: LEASE_LOST })),
      pool.on('taken', ({ job, waitedMs }) => {
        if (waitedMs !== null) this.#queueing.observe({ queue, job: labelOf(job) }, waitedMs / 1_000);
      }),
      pool.on('reacquired', ({ count }) => late.inc({ queue }, count)),
      pool.on('recovered', ({ ids }) => recovered.inc({ queue }, ids.length)),
      pool.on('terminated', () => terminated.inc({ queue })),
      pool.on('settledByWatchdog', () => watchdog.inc({ queue })),
    ];
    this.#observed.set(pool, queue);
    return () => {
      for (const off of offs) off();
      this.#observed.delete(pool);
    };
  }
}
