import type { Producer, PutOutcome, QueueDefinition } from '@sluice/queue';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { JOB_SECONDS } from './buckets.ts';

/** What is needed of a producer to observe it. */
export type ObservedProducer = Pick<Producer<QueueDefinition>, 'stats' | 'on' | 'waitingPuts'>;

const OUTCOMES = Object.keys({
  created: true,
  duplicate: true,
  deduplicated: true,
  conflict: true,
  full: true,
  closed: true,
  unavailable: true,
  unknown: true,
  cancelled: true,
  failed: true,
} satisfies Record<PutOutcome, true>);

/** What becomes of puts. */
export class PutMetrics {
  readonly #puts: Counter<'queue' | 'job' | 'outcome'>;
  readonly #waits: Histogram<'queue' | 'job' | 'outcome'>;
  readonly #observed = new Map<ObservedProducer, string>();

  constructor(register: Registry) {
    const registers = [register];
    this.#puts = new Counter({
      name: 'sluice_puts_total',
      help: 'Puts that have ended, by how.',
      labelNames: ['queue', 'job', 'outcome'],
      registers,
    });
    this.#waits = new Histogram({
      name: 'sluice_put_wait_seconds',
      help: 'How long puts waited for capacity that found none at once.',
      labelNames: ['queue', 'job', 'outcome'],
      buckets: JOB_SECONDS,
      registers,
    });
    const observed = this.#observed;
    // Read here, without Redis: it is what a process knows when Redis is away.
    new Gauge({
      name: 'sluice_waiting_puts',
      help: 'Puts of this process that wait for capacity.',
      labelNames: ['queue'],
      registers,
      collect() {
        this.reset();
        for (const [{ waitingPuts }, queue] of observed) this.inc({ queue }, waitingPuts);
      },
    });
  }

  observe({ name: queue, jobs }: Pick<QueueDefinition, 'name' | 'jobs'>, producer: ObservedProducer): () => void {
    // A rate needs the first step from 0 as well.
    for (const { name: job } of jobs) for (const outcome of OUTCOMES) this.#puts.inc({ queue, job, outcome }, 0);
    const off = producer.on('put', ({ waitedMs, ...put }) => {
      const labels = { queue: put.queue, job: put.job, outcome: put.outcome };
      this.#puts.inc(labels);
      if (waitedMs > 0) this.#waits.observe(labels, waitedMs / 1_000);
    });
    this.#observed.set(producer, queue);
    return () => {
      off();
      this.#observed.delete(producer);
    };
  }
}
