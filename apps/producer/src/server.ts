import { limits, writeJson } from '@sluice/shared';
import type { Logger } from '@sluice/shared';
import { fastify, LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { logRequests, requestId } from './request-log.ts';
import { readBodiesExactly } from './read-body.ts';
import { ServiceStoppingError } from './request-errors.ts';
import { getJobRoute } from './routes/get-job.ts';
import { getQueueRoute } from './routes/get-queue.ts';
import { healthRoutes } from './routes/health.ts';
import { putJobRoute } from './routes/put-job.ts';
import { rawProblem, sendError, sendNoRoute } from './send-problem.ts';
import { ServedQueues } from './served-queues.ts';
import type { ServedQueue } from './served-queues.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered also while the service stops. */
    whileStopping?: boolean;
    /** Logged at debug: asked for every few seconds by machines. */
    quiet?: boolean;
  }
}

export interface ServerOptions {
  readonly producers: readonly ServedQueue[];
  readonly logger: Logger;
  /** The longest that `Prefer: wait=N` may wait for room, in milliseconds. Default 30,000. */
  readonly waitMaxMs?: number;
  /** How long `/readyz` waits for Redis, in milliseconds. Default 2,000. */
  readonly readyMs?: number;
}

/** A payload may have 256 KiB as compact JSON; this leaves room for the rest of the body and for white space. */
export const BODY_MAX_BYTES: number = 288 * 1_024;
/** A request that is not here whole after this time is cut off, whatever its sender does. */
const REQUEST_MS = 30_000;

/**
 * The HTTP door. It connects to nothing by itself; `listen` and `close` are the caller's.
 * From the first moment of `close` on, puts that wait for room and new requests are answered with 503.
 */
export function buildServer({
  producers,
  logger,
  waitMaxMs = 30_000,
  readyMs = 2_000,
}: ServerOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_MS,
    routerOptions: { maxParamLength: limits.jobIdMaxBytes },
    genReqId: requestId,
    // The stopping hook answers instead, in the form of all other errors.
    return503OnClosing: false,
    frameworkErrors: sendError,
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.end(rawProblem(error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400));
    },
  });
  app.removeContentTypeParser('text/plain');
  readBodiesExactly(app);
  app.setReplySerializer((payload) => writeJson(payload));
  app.setErrorHandler(sendError);
  app.setNotFoundHandler(sendNoRoute);
  logRequests(app);
  const stopping = refuseWhileStopping(app);

  const queues = new ServedQueues(producers);
  putJobRoute(app, { queues, waitMaxMs, stopping });
  getJobRoute(app, { queues });
  getQueueRoute(app, { queues });
  healthRoutes(app, { queues, readyMs });
  return app;
}

function refuseWhileStopping(app: FastifyInstance): AbortSignal {
  const stopping = new AbortController();
  app.addHook('preClose', async () => stopping.abort(new ServiceStoppingError()));
  app.addHook('onRequest', async (request) => {
    if (!request.routeOptions.config.whileStopping) stopping.signal.throwIfAborted();
  });
  // A client that kept its connection would hold up the end, and its next request would be in vain.
  app.addHook('onSend', async (_, reply) => {
    if (stopping.signal.aborted) reply.header('connection', 'close');
  });
  return stopping.signal;
}
