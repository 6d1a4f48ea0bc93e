import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientConnections } from './client-connections.ts';

export interface HttpServerDeps {
  readonly connections: ClientConnections;
  /** How long a request may take to arrive whole. Its head has a third of it. */
  readonly requestMs: number;
  /** How long a connection may be without any traffic while a request is under way. */
  readonly silenceMs: number;
  /** Called with each request that the parser refused, with the status that it was answered with. */
  readonly onRefused: (status: number) => void;
}

/** Connections at once. What comes above is closed at once by node. */
const CONNECTIONS_MAX = 12_000;
/** How long a connection without a request stays open. Longer than load balancers keep theirs, so that they are the ones who close. */
const KEEP_ALIVE_MS = 72_000;
/** How late a request that does not arrive whole is found. */
const CHECK_MS = 1_000;

/** Node's HTTP server, set up so that nothing that a client does makes it grow, and so that every refusal is a problem document. */
export function createHttpServer(handle: RequestListener, options: HttpServerDeps): Server {
  const { connections, requestMs, silenceMs, onRefused } = options;
  const server = createServer({
    headersTimeout: Math.ceil(requestMs / 3),
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(CHECK_MS, requestMs / 10),
    keepAliveTimeout: KEEP_ALIVE_MS,
    requireHostHeader: false, // looked at where the answer is a problem document
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.timeout = silenceMs;
  // Who has sent everything may close that half and still read the answer; node's own way is to drop it.
  Object.assign(server, { httpAllowHalfOpen: true });
  const onRequest: RequestListener = (request, response) => {
    if (connections.open(request, response)) handle(request, response);
  };
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = statusOf(error);
    if (status === undefined) socket.destroy();
    else if (status === 408) {
      if (connections.refuseLate(socket as Socket)) onRefused(status);
    } else if (connections.refuse(socket as Socket, status)) onRefused(status);
  });
  // A proxy is asked for, which this is none; node would close the connection without a word.
  server.on('connect', (_, socket) => {
    if (connections.refuse(socket as Socket, 501)) onRefused(501);
  });
  return server;
}

/** Undefined when the connection broke. */
function statusOf({ code = '' }: NodeJS.ErrnoException): number | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 413;
  return code.startsWith('HPE_') ? 400 : undefined;
}
