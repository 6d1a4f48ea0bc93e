import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { whenOver } from './request-end.ts';

const GIVEN_ID = /^[A-Za-z0-9._-]{1,100}$/;
/** Of a request whose client closed the connection before the answer was complete. */
const CLIENT_GONE = 499;

/** The caller's `X-Request-Id` when it is fit for a log, else one of our own. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && GIVEN_ID.test(given) ? given : randomUUID();
}

/** A request that is over. */
export interface RequestLine {
  /** As of HTTP. */
  readonly method: string;
  /** The route as it is written here, with no id; `none` where there is none. */
  readonly route: string;
  /** 499 when the client closed the connection before the response was complete. */
  readonly status: number;
  /** From its head to the end of its response, in milliseconds. */
  readonly durationMs: number;
}

/** What also gets each line. */
export interface RequestObserver {
  /** Called with each request that is over. */
  observeRequest(request: RequestLine): void;
}

export function logRequests(app: FastifyInstance, observer: RequestObserver | undefined): void {
  app.addHook('onRequest', (request, reply, done) => {
    logWhenOver(request, reply, observer);
    done();
  });
}

/** One line for each request, answered or not: the route as it is written here, never its body, query or ids. */
export function logWhenOver(request: FastifyRequest, reply: FastifyReply, observer: RequestObserver | undefined): void {
  reply.header('x-request-id', request.id);
  whenOver(reply, (isAnswered) => {
    const { url: route = 'none', config } = request.routeOptions;
    const durationMs = reply.elapsedTime;
    const client = request.sluiceClient ? { client: request.sluiceClient } : {};
    const line = {
      method: request.method,
      route,
      status: isAnswered ? reply.statusCode : CLIENT_GONE,
      durationMs: Math.round(durationMs * 10) / 10,
      ...client,
    };
    if (config.sluice?.quiet) request.log.debug(line, 'request');
    else request.log.info(line, 'request');
    observer?.observeRequest({ ...line, durationMs });
  });
}
