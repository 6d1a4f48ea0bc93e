import type { IncomingMessage } from 'node:http';
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { limits } from '@sluice/queue/contracts';
import type { Logger } from '@sluice/queue/logging';
import { ClientConnections } from './connections/client-connections.ts';
import { createHttpServer } from './connections/create-http-server.ts';
import { addConsoleApi, addHttpApi, type HttpApiOptions } from './http-api.ts';
import { sendError } from './problems/send-problem.ts';
import { BODY_MAX_BYTES, WAIT_MOST_MS } from './requests/load-limit.ts';
import { logWhenOver, requestId } from './requests/request-log.ts';
import type { OperatorQueues, ServedQueue } from './routes/served-queues.ts';
import { refuseUnknownRoutes } from './routes/unknown-routes.ts';

export interface ServerOptions extends HttpApiOptions {
  readonly producers: readonly ServedQueue[];
  readonly logger: Logger;
  /** The address that it will listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** How long a request may take to arrive whole, in milliseconds; its head a third of that. Default 30,000. */
  readonly requestMs?: number;
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
  return buildServerOf(options, (app, more) => addHttpApi(app, { ...options, ...more }));
}

/** The console alone, over these queues. */
export function buildConsoleServer(options: Omit<ServerOptions, 'producers'>, queues: OperatorQueues): FastifyInstance {
  return buildServerOf(options, (app, more) => addConsoleApi(app, { ...options, ...more }, queues));
}

/** What a server has that a plugin has not. */
interface ServerDeps {
  readonly host: string;
  readonly takesItsTime: (request: IncomingMessage) => void;
}

function buildServerOf(
  options: Omit<ServerOptions, 'producers'>,
  mount: (app: FastifyInstance, deps: ServerDeps) => void,
): FastifyInstance {
  const { logger, host = '127.0.0.1' } = options;
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
      logWhenOver(request, reply, options.metrics);
      return sendError(error, request, reply);
    },
    clientErrorHandler: () => {}, // the server's own does it
    serverFactory: (handle) =>
      createHttpServer(handle, {
        connections,
        requestMs: options.requestMs ?? 30_000,
        silenceMs: WAIT_MOST_MS + SILENCE_MS,
        onRefused: (status) => logger.info({ method: 'none', route: 'none', status }, 'request'),
      }),
  });
  refuseUnknownRoutes(app);
  mount(app, { host, takesItsTime: (request) => connections.takesItsTime(request) });
  closeIdleAtEnd(app, connections);
  return app;
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
