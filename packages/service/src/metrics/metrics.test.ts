import {
  defineJob,
  defineQueue,
  type CommonStats,
  type PoolEvents,
  type PoolHealth,
  type WorkerPool,
} from '@sluice/queue';
import type { ProducerEvents } from '@sluice/queue';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Metrics, type MetricsOptions } from './metrics.ts';
import type { ObservedProducer } from './put-metrics.ts';

const job = defineJob({ name: 'greet', payload: z.string(), result: z.string() });
const queue = defineQueue({ name: 'greetings', jobs: [job], capacity: 10 });

const stats: Partial<CommonStats> = {
  depth: 3,
  capacity: 10,
  over: 0,
  waiting: 2,
  prioritized: 1,
  delayed: 0,
  active: 0,
  waitingChildren: 0,
  unserved: 0,
  dead: 0,
  dropped: 0,
  pools: 1,
  paused: false,
  sealed: false,
  oldestMs: 1_500,
  waiters: { producers: 1, puts: 4 },
};
const statsOf = (fields: Partial<CommonStats>): CommonStats => ({ ...stats, ...fields }) as CommonStats;

const healthOf = (fields: Partial<PoolHealth>): PoolHealth =>
  ({ slots: 4, busy: 1, abandoned: 0, leaseOverdueMs: 0, ready: true, ...fields }) as PoolHealth;

/** Who emits events by hand. */
function emitter<Events>() {
  const listeners = new Map<keyof Events, (event: never) => void>();
  return {
    on: (name: keyof Events, listener: (event: never) => void) => {
      listeners.set(name, listener);
      return () => void listeners.delete(name);
    },
    emit: <K extends keyof Events>(name: K, event: Events[K]) => listeners.get(name)?.(event as never),
    listeners,
  };
}

function producerOf(stats: () => Promise<CommonStats>, waitingPuts = 0) {
  const events = emitter<ProducerEvents>();
  return { ...events, producer: { on: events.on, stats, waitingPuts } as unknown as ObservedProducer };
}

function poolOf(stats: () => Promise<CommonStats>, health = healthOf({})) {
  const events = emitter<PoolEvents>();
  return { ...events, pool: { on: events.on, stats, health: () => health } as unknown as WorkerPool };
}

/** The values of all series, by their name with labels, but for the buckets of histograms. */
async function valuesOf(metrics: Metrics): Promise<Record<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines
      .filter((line) => !line.includes('_bucket{'))
      .map((line) => {
        const space = line.lastIndexOf(' ');
        return [line.slice(0, space), Number(line.slice(space + 1))];
      }),
  );
}

/** Without those of Node. */
const metricsOf = (options: MetricsOptions = {}): Metrics => new Metrics({ register: new Registry(), ...options });

describe('the metrics of a queue', () => {
  it('are read once for scrapes at the same time, and again for the next', async () => {
    const metrics = metricsOf();
    let reads = 0;
    const { promise: answered, resolve: answer } = Promise.withResolvers<CommonStats>();
    metrics.observeProducer(queue, producerOf(() => ((reads += 1), answered)).producer);
    const scrapes = [valuesOf(metrics), valuesOf(metrics)];
    answer(statsOf({}));
    for (const values of await Promise.all(scrapes))
      expect(values).toMatchObject({
        'sluice_queue_up{queue="greetings"}': 1,
        'sluice_queue_depth{queue="greetings"}': 3,
        'sluice_queue_oldest_age_seconds{queue="greetings"}': 1.5,
        'sluice_queue_waiting_puts{queue="greetings"}': 4,
      });
    expect(reads).toBe(1);
    await valuesOf(metrics);
    expect(reads).toBe(2);
  });

  it.each<[string, () => Promise<CommonStats>]>([
    ['does not answer', () => new Promise(() => undefined)],
    ['is away', () => Promise.reject(new Error('away'))],
  ])('are left out when Redis %s, and all else is answered', async (_, broken) => {
    const metrics = metricsOf({ readMs: 10 });
    let current = (): Promise<CommonStats> => Promise.resolve(statsOf({}));
    metrics.observeProducer(queue, producerOf(() => current(), 2).producer);
    expect(await valuesOf(metrics)).toHaveProperty(['sluice_queue_depth{queue="greetings"}'], 3);
    current = broken;
    const values = await valuesOf(metrics);
    expect(values).toMatchObject({
      'sluice_queue_up{queue="greetings"}': 0,
      'sluice_waiting_puts{queue="greetings"}': 2,
    });
    expect(Object.keys(values).filter((name) => name.startsWith('sluice_queue_'))).toHaveLength(1);
  });

  it('are not asked for again while a question that took too long is open', async () => {
    const metrics = metricsOf({ readMs: 5 });
    let reads = 0;
    const { promise: answered, resolve: answer } = Promise.withResolvers<CommonStats>();
    metrics.observeProducer(queue, producerOf(() => ((reads += 1), answered)).producer);
    await valuesOf(metrics);
    await valuesOf(metrics);
    expect(reads).toBe(1);
    const late = valuesOf(metrics);
    answer(statsOf({ depth: 7 }));
    expect(await late).toHaveProperty(['sluice_queue_depth{queue="greetings"}'], 7);
  });

  it('are read by another part of the process where one has stopped, and are gone with the last', async () => {
    const metrics = metricsOf();
    const endPool = metrics.observePool(queue, poolOf(() => Promise.reject(new Error('stopped'))).pool);
    const endProducer = metrics.observeProducer(queue, producerOf(() => Promise.resolve(statsOf({}))).producer);
    expect(await valuesOf(metrics)).toHaveProperty(['sluice_queue_up{queue="greetings"}'], 1);
    endPool();
    endProducer();
    const values = await valuesOf(metrics);
    expect(Object.keys(values).filter((name) => /^sluice_(queue_|slots|waiting)/.test(name))).toEqual([]);
  });
});

describe('the metrics of puts and attempts', () => {
  const read = (): Promise<CommonStats> => Promise.resolve(statsOf({}));
  const about = { id: '1', job: 'greet', attempt: 1 };

  it('count puts by their outcome, from 0 on, and time those that waited', async () => {
    const metrics = metricsOf();
    const { producer, emit } = producerOf(read);
    metrics.observeProducer(queue, producer);
    const put = { id: '1', queue: 'greetings', job: 'greet' };
    emit('put', { ...put, outcome: 'created', waitedMs: 0 });
    emit('put', { ...put, outcome: 'full', waitedMs: 2_000 });
    expect(await valuesOf(metrics)).toMatchObject({
      'sluice_puts_total{queue="greetings",job="greet",outcome="created"}': 1,
      'sluice_puts_total{queue="greetings",job="greet",outcome="full"}': 1,
      'sluice_puts_total{queue="greetings",job="greet",outcome="unknown"}': 0,
      'sluice_put_wait_seconds_sum{queue="greetings",job="greet",outcome="full"}': 2,
    });
  });

  it('count attempts by their outcome, and time their waits and runs', async () => {
    const metrics = metricsOf();
    const { pool, emit } = poolOf(read, healthOf({ abandoned: 2, leaseOverdueMs: 500, ready: false }));
    metrics.observePool(queue, pool);
    emit('taken', { ...about, waitedMs: 250 });
    emit('taken', { ...about, waitedMs: null });
    emit('completed', { ...about, ms: 100 });
    emit('leaseLost', { ...about, outcome: 'completed' });
    emit('reacquired', { count: 3 });
    emit('recovered', { ids: ['1', '2'] });
    emit('settledByWatchdog', { ...about, outcome: 'completed' });
    emit('terminated', about);
    const ofJob = 'queue="greetings",job="greet"';
    const values = await valuesOf(metrics);
    expect(values).toMatchObject({
      [`sluice_queueing_seconds_sum{${ofJob}}`]: 0.25,
      [`sluice_queueing_seconds_count{${ofJob}}`]: 1,
      [`sluice_attempts_total{${ofJob},outcome="completed"}`]: 1,
      [`sluice_attempts_total{${ofJob},outcome="lease-lost"}`]: 1,
      [`sluice_attempts_total{${ofJob},outcome="dead"}`]: 0,
      [`sluice_run_seconds_sum{${ofJob},outcome="completed"}`]: 0.1,
      'sluice_late_renewals_total{queue="greetings"}': 3,
      'sluice_recovered_jobs_total{queue="greetings"}': 2,
      'sluice_settled_by_watchdog_total{queue="greetings"}': 1,
      'sluice_terminated_handlers_total{queue="greetings"}': 1,
      'sluice_slots{queue="greetings"}': 4,
      'sluice_slots_in_use{queue="greetings"}': 1,
      'sluice_abandoned_handlers{queue="greetings"}': 2,
      'sluice_lease_overdue_seconds{queue="greetings"}': 0.5,
      'sluice_pools_ready{queue="greetings"}': 0,
    });
  });

  it('let no stranger make a label with the name of a job', async () => {
    const metrics = metricsOf();
    const { pool, emit } = poolOf(read);
    metrics.observePool(queue, pool);
    const failed = { code: 'X', message: 'x', ms: 1 };
    for (let n = 0; n < 100; n += 1) emit('released', { ...about, ...failed, job: `made up ${n}`, delayMs: 0 });
    const text = await metrics.text();
    expect(text).toContain('sluice_attempts_total{queue="greetings",job="other",outcome="released"} 100');
    expect(text).not.toContain('made up');
  });
});

it('the metrics of requests are by the pattern of their route', async () => {
  const metrics = metricsOf();
  metrics.observeRequest({ method: 'GET', route: '/v1/queues/:queue', status: 200, durationMs: 30 });
  expect(await metrics.text()).toContain(
    'sluice_http_request_duration_seconds_sum{method="GET",route="/v1/queues/:queue",status="200"} 0.03',
  );
});
