import type { QueueDefinition } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import { ForbiddenError } from '../auth/auth-errors.ts';
import { isOpenTo } from '../auth/authenticate.ts';
import type { RequestObserver } from '../requests/request-log.ts';
import type { JobQueueClient, ServedQueues } from './served-queues.ts';

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
  readonly queues: ServedQueues;
}

const METRICS = { summary: 'Metrics for Prometheus', media: 'text/plain' };

/** `GET /metrics`: answered also under load and while the service stops, or nobody would see what happens then. */
export function metricsRoute(app: FastifyInstance, { metrics, metricsKey, queues }: MetricsRouteDeps): void {
  const sluice = { always: true, quiet: true, doc: METRICS, ...(metricsKey && { verb: 'read' as const }) };
  app.get('/metrics', { config: { sluice } }, async (request, reply) => {
    // They are about all queues.
    const closed = queues.all().find(({ queue }) => !isOpenTo(request, queue.name));
    if (closed) throw new ForbiddenError(`this API key is not for queue ${closed.queue.name}`);
    return reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.text());
  });
}
