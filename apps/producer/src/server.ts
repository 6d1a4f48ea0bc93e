import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { limits } from '@sluice/queue/contracts';
import { writeJson } from '@sluice/queue/json';
import type { Logger } from '@sluice/queue/logging';
import { checkHosts } from './requests/allowed-hosts.ts';
import { refuseUnknownRoutes } from './routes/unknown-routes.ts';
import { ClientConnections } from './connections/client-connections.ts';
import { createHttpServer } from './connections/create-http-server.ts';
import { BODY_MAX_BYTES, loadDefaults, LoadLimit, type LoadLimits, type RequestLoad } from './requests/load-limit.ts';
import { logRequests, logWhenOver, requestId } from './requests/request-log.ts';
import { readBodiesExactly } from './requests/read-body.ts';
import { HttpRefusal, ServiceStoppingError } from './problems/request-errors.ts';
import { getJobRoute } from './routes/get-job.ts';
import { getQueueRoute } from './routes/get-queue.ts';
import { healthRoutes } from './routes/health.ts';
import { putJobRoute } from './routes/put-job.ts';
import { sendError } from './problems/send-problem.ts';
import { ServedQueues, type ServedQueue } from './routes/served-queues.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered also while the service stops, and however much is under way. */
    always?: boolean;
    /** Logged at debug: asked for every few seconds by machines. */
    quiet?: boolean;
  }
  interface FastifyRequest {
    /** What it takes of the service's limits. */
    load: RequestLoad | undefined;
  }
}

export interface ServerOptions extends Partial<LoadLimits> {
  readonly producers: readonly ServedQueue[];
  readonly logger: Logger;
  /** The address that it will listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Host names to accept in addition to those of this machine, see {@link checkHosts}. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** The longest that `Prefer: wait=N` may wait for capacity, in milliseconds. Default 30,000. */
  readonly waitMaxMs?: number;
  /** How long `/readyz` waits for Redis, in milliseconds. Default 2,000. */
  readonly readyMs?: number;
  /** How long a request may take to arrive whole, in milliseconds; its head a third of that. Default 30,000. */
  readonly requestMs?: number;
  /** Fires when the service was asked to stop: `/readyz` says so, and clients are asked to open no more requests on their connections. */
  readonly leaving?: AbortSignal;
}

/** How long a connection may be silent beyond the longest wait. */
const SILENCE_MS = 60_000;
/** How often connections on which nothing is under way are looked for while the server closes. */
const CLOSE_EVERY_MS = 50;

/**
 * The HTTP API. It connects to nothing by itself; `listen` and `close` are the caller's.
 * From the first moment of `close` on, puts that wait for capacity and new requests are answered with 503.
 */
export function buildServer(options: ServerOptions): FastifyInstance {
  const { producers, logger, waitMaxMs = 30_000, readyMs = 2_000, host = '127.0.0.1', allowedHosts } = options;
  const { requestsMax = loadDefaults.requestsMax, bodiesMaxBytes = loadDefaults.bodiesMaxBytes } = options;
  const connections = new ClientConnections((open) => {
    logger.warn({ open }, 'closed a connection with too many requests that were not answered yet');
  });
  const app = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_MAX_BYTES,
    routerOptions: { maxParamLength: limits.jobIdMaxBytes },
    genReqId: requestId,
    // The stopping hook answers instead, in the form of all other errors.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      logWhenOver(request, reply);
      return sendError(error, request, reply);
    },
    clientErrorHandler: () => {}, // the server's own does it
    serverFactory: (handle) =>
      createHttpServer(handle, {
        connections,
        requestMs: options.requestMs ?? 30_000,
        silenceMs: waitMaxMs + SILENCE_MS,
        onRefused: (status) => logger.info({ method: 'none', route: 'none', status }, 'request'),
      }),
  });
  app.removeContentTypeParser('text/plain');
  readBodiesExactly(app, BODY_MAX_BYTES);
  app.setReplySerializer((payload) => writeJson(payload));
  app.setErrorHandler(sendError);
  refuseUnknownRoutes(app);
  logRequests(app);
  checkHosts(app, host, allowedHosts);
  refuseExpectations(app);
  const stopping = refuseWhileStopping(app);
  const leaving = options.leaving ? AbortSignal.any([options.leaving, stopping]) : stopping;
  closeConnectionsOnceTold(app, leaving);
  limitLoad(app, new LoadLimit({ requestsMax, bodiesMaxBytes }));
  closeIdleAtEnd(app, connections);

  const queues = new ServedQueues(producers);
  putJobRoute(app, { queues, waitMaxMs, stopping });
  getJobRoute(app, { queues });
  getQueueRoute(app, { queues });
  healthRoutes(app, { queues, readyMs, leaving });
  return app;
}

function refuseExpectations(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers: { expect } }) => {
    if (expect !== undefined && !/^100-continue$/i.test(expect))
      throw new HttpRefusal(417, 'nothing can be expected but 100-continue');
  });
}

function refuseWhileStopping(app: FastifyInstance): AbortSignal {
  const stopping = new AbortController();
  app.addHook('preClose', async () => stopping.abort(new ServiceStoppingError()));
  app.addHook('onRequest', async (request) => {
    if (!request.routeOptions.config.always) stopping.signal.throwIfAborted();
  });
  return stopping.signal;
}

/** A client that kept its connection would hold up the end, and its next request would be in vain. */
function closeConnectionsOnceTold(app: FastifyInstance, leaving: AbortSignal): void {
  app.addHook('onSend', async (_, reply) => {
    if (leaving.aborted) reply.header('connection', 'close');
  });
}

function limitLoad(app: FastifyInstance, limit: LoadLimit): void {
  app.decorateRequest('load', undefined);
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.always) return;
    const load = limit.enter();
    request.load = load;
    reply.raw.once('close', load.release);
  });
}

/** A connection on which nothing is asked would hold up the end. */
function closeIdleAtEnd(app: FastifyInstance, connections: ClientConnections): void {
  let closing: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    connections.closeIdle();
    closing = setInterval(() => connections.closeIdle(), CLOSE_EVERY_MS);
  });
  app.addHook('onClose', async () => clearInterval(closing));
}
