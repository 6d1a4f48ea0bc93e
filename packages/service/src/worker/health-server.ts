import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { Lifecycle } from '@sluice/queue/lifecycle';
import type { Logger } from '@sluice/queue/logging';
import type { Metrics } from '../metrics/metrics.ts';
import type { WorkerHealth } from './worker-health.ts';
import type { Worker } from './worker.ts';

export interface HealthServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log: Logger;
  /** What `/metrics` answers with, if there is any. */
  readonly metrics?: ServedMetrics | undefined;
}

type ServedMetrics = Pick<Metrics, 'text' | 'contentType'>;

/** What a test of the server sets. */
interface HealthServerSettings {
  readonly metrics?: ServedMetrics | undefined;
  /** How long a request may take to arrive. */
  readonly requestMs?: number;
}

/** A health check sends one short request at a time; nothing else may take the worker's memory. */
const CONNECTIONS_MAX = 100;
const REQUESTS_PER_CONNECTION = 100;
const REQUEST_MS = 5_000;

/**
 * Answers whether a worker is live and ready, with the numbers behind it.
 *
 * `GET /livez`: 503 when a restart would help. An outage of Redis is no reason for that. A loop that is blocked answers nothing.
 * `GET /readyz`: 503 unless it does its work: also while it starts, drains, or Redis is away.
 * `GET /metrics`: for Prometheus.
 */
export function buildHealthServer(
  health: () => WorkerHealth,
  log: Logger,
  { metrics, requestMs = REQUEST_MS }: HealthServerSettings = {},
): FastifyInstance {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // A worker that drains is asked on, and answers.
    return503OnClosing: false,
    requestTimeout: requestMs,
    http: { headersTimeout: requestMs, connectionsCheckingInterval: Math.min(1_000, requestMs / 2) },
    maxRequestsPerSocket: REQUESTS_PER_CONNECTION,
    bodyLimit: 1_024,
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  app.get('/livez', (_, reply) => {
    const found = health();
    return reply.code(found.live ? 200 : 503).send({ status: found.live ? 'ok' : 'not live', ...found });
  });
  app.get('/readyz', (_, reply) => {
    const found = health();
    return reply.code(found.ready ? 200 : 503).send({ status: found.ready ? 'ok' : 'not ready', ...found });
  });
  if (metrics) app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  return app;
}

/** A worker whose health is served from before its start until after its end. */
export function withHealthServer(worker: Worker, { host, port, log, metrics }: HealthServerOptions): Worker {
  const server = buildHealthServer(() => worker.health(), log, { metrics });
  const close = async (): Promise<void> => {
    server.server.closeAllConnections(); // who asks is a machine that asks again
    await server.close();
  };
  const lifecycle = new Lifecycle({
    start: async () => {
      await server.listen({ host, port, listenTextResolver: (address) => `health on ${address}` });
      await worker.start();
    },
    // A drain that is under way goes on; a stop that shortens it has been called already.
    stop: () => (ending ?? worker.stop()).finally(close),
  });
  let ending: Promise<void> | undefined;
  const end = (workerEnds: Promise<void>): Promise<void> => {
    ending ??= workerEnds;
    workerEnds.catch(() => undefined); // reported by the lifecycle's stop
    return lifecycle.stop();
  };
  return {
    get state() {
      return lifecycle.state;
    },
    health: () => worker.health(),
    start: () => lifecycle.start(),
    // The worker hears of it at once, also while it starts.
    drain: () => end(worker.drain()),
    stop: () => end(worker.stop()),
  };
}
