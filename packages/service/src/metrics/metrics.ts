import type { QueueDefinition, WorkerPool } from '@sluice/queue';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { PoolMetrics } from './pool-metrics.ts';
import { type ObservedProducer, PutMetrics } from './put-metrics.ts';
import { QueueGauges } from './queue-gauges.ts';
import { type ObservedRequest, RequestMetrics } from './request-metrics.ts';

/** What is needed of a queue's definition: its names are the labels. */
type ObservedQueue = Pick<QueueDefinition, 'name' | 'jobs'>;

/** Options of {@link Metrics}. */
export interface MetricsOptions {
  /**
   * The registry of prom-client that they are part of: your own, with whatever else it has.
   *
   * @default one of their own, which also has the figures of the process and of Node, such as the delay of the event loop
   */
  readonly register?: Registry;
  /**
   * How long a scrape waits for Redis, in milliseconds. Then it is answered without the figures of queues, and `sluice_queue_up`
   * is 0.
   *
   * @default 2_000
   */
  readonly readMs?: number;
}

/**
 * The metrics of a process for Prometheus: of its producers, its pools, their queues, and of the HTTP API. docs/metrics.md lists
 * them.
 *
 * ```ts
 * const metrics = new Metrics();
 * metrics.observePool(emails, pool);
 * await app.register(sluiceHttp, { queues: [emails], redis, metrics });   // serves them at /metrics
 * ```
 */
export class Metrics {
  readonly #register: Registry;
  readonly #puts: PutMetrics;
  readonly #pools: PoolMetrics;
  readonly #queues: QueueGauges;
  readonly #requests: RequestMetrics;
  #writing: Promise<string> | undefined;

  constructor({ register, readMs = 2_000 }: MetricsOptions = {}) {
    this.#register = register ?? new Registry();
    if (!register) collectDefaultMetrics({ register: this.#register });
    this.#puts = new PutMetrics(this.#register);
    this.#pools = new PoolMetrics(this.#register);
    this.#queues = new QueueGauges(this.#register, readMs);
    this.#requests = new RequestMetrics(this.#register);
  }

  /** Counts the puts of a producer, and reads its queue. @returns a function that ends it */
  observeProducer(queue: ObservedQueue, producer: ObservedProducer): () => void {
    const ends = [this.#puts.observe(queue, producer), this.#queues.observe(queue.name, () => producer.stats())];
    return () => ends.forEach((end) => end());
  }

  /** Counts the attempts of a pool, and reads its queue. @returns a function that ends it */
  observePool(queue: ObservedQueue, pool: WorkerPool): () => void {
    const ends = [this.#pools.observe(queue, pool), this.#queues.observe(queue.name, () => pool.stats())];
    return () => ends.forEach((end) => end());
  }

  /** Notes how long a request took. */
  observeRequest(request: ObservedRequest): void {
    this.#requests.observe(request);
  }

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.#register.contentType;
  }

  /** All metrics as Prometheus reads them. Scrapes at once get the same. */
  text(): Promise<string> {
    this.#writing ??= this.#register.metrics().finally(() => (this.#writing = undefined));
    return this.#writing;
  }
}
