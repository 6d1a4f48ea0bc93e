import { Histogram, type Registry } from 'prom-client';
import { REQUEST_SECONDS } from './buckets.ts';

/** A request that is over. */
export interface ObservedRequest {
  /** As of HTTP. */
  readonly method: string;
  /** The route as it is written, such as `/v1/queues/:queue/jobs`; `none` where there is none. */
  readonly route: string;
  /** As of the response; 499 when the client was gone before it was complete. */
  readonly status: number;
  /** From its head to the end of its response, in milliseconds. */
  readonly durationMs: number;
}

/** How the HTTP API answers. */
export class RequestMetrics {
  readonly #durations: Histogram<'method' | 'route' | 'status'>;

  constructor(register: Registry) {
    this.#durations = new Histogram({
      name: 'sluice_http_request_duration_seconds',
      help: 'How long requests took, by the pattern of their route.',
      labelNames: ['method', 'route', 'status'],
      buckets: REQUEST_SECONDS,
      registers: [register],
    });
  }

  observe({ method, route, status, durationMs }: ObservedRequest): void {
    this.#durations.observe({ method, route, status }, durationMs / 1_000);
  }
}
