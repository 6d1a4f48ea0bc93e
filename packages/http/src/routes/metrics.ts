import type { QueueDefinition } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import type { RequestObserver } from '../requests/request-log.ts';
import type { JobQueueClient } from './served-queues.ts';

/** What collects the metrics of the API: such as `Metrics` of `@sluice/service/metrics`, for Prometheus. */
export interface HttpMetrics extends RequestObserver {
  /** Called once with each queue and the producer that serves it. @returns a function that ends it, called when the server has closed */
  observeProducer(queue: QueueDefinition, producer: JobQueueClient): () => void;
  /** The media type of `text`. */
  readonly contentType: string;
  /** What `GET /metrics` answers. */
  text(): Promise<string>;
}

export interface MetricsRouteDeps {
  readonly metrics: HttpMetrics;
  /** Whether a client needs to be allowed to read. */
  readonly metricsKey: boolean;
}

/** `GET /metrics`: answered also under load and while the service stops, or nobody would see what happens then. */
export function metricsRoute(app: FastifyInstance, { metrics, metricsKey }: MetricsRouteDeps): void {
  const sluice = { always: true, quiet: true, ...(metricsKey && { verb: 'read' as const }) };
  app.get('/metrics', { config: { sluice } }, async (_, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.text()),
  );
}
