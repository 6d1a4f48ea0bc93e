import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { rawProblem } from '../problems/send-problem.ts';

/** Requests of one connection that may be unanswered at once. Clients that pipeline send some ten. */
const PIPELINED_MAX = 64;
/** How soon, and then how often, a client that has closed its half of the connection is asked whether it still reads. */
const FIRST_PROBE_MS = 25;
const PROBE_MS = 250;
/** How long a connection that was refused is read on, so that its client sees the answer and not a reset. */
const LINGER_MS = 2_000;
/** How long a new connection may be silent when the server closes. */
const SILENT_MS = 1_000;

interface OpenRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Connection {
  readonly socket: Socket;
  /** Requests without a complete answer, in their order. A list: there is one as a rule, and a map would keep each until a full collection. */
  readonly open: OpenRequest[];
  /** Since when nothing is open, and how much had been read by then; monotonic. */
  idle: { sinceMs: number; bytesRead: number };
  /** The status of what the parser refused. It is sent once the requests before it are answered. */
  refusal: number | undefined;
}

/** The connections of clients: bounds what each may have under way, and knows which may be closed. */
export class ClientConnections {
  readonly #bySocket = new Map<Socket, Connection>();
  /** Requests whose bodies are streams. What reads them bounds how long they may be silent. */
  readonly #slow = new WeakSet<IncomingMessage>();
  readonly #onFlood: (open: number) => void;

  /** @param onFlood called when a connection is closed because of what it has under way */
  constructor(onFlood: (open: number) => void = () => undefined) {
    this.#onFlood = onFlood;
  }

  add(socket: Socket): void {
    const connection: Connection = {
      socket,
      open: [],
      idle: { sinceMs: performance.now(), bytesRead: 0 },
      refusal: undefined,
    };
    this.#bySocket.set(socket, connection);
    let probing: NodeJS.Timeout | undefined;
    const probeAfter = (ms: number): void => {
      probing = setTimeout(() => {
        probe(connection, ms);
        if (!socket.destroyed) probeAfter(PROBE_MS);
      }, ms);
    };
    socket.once('end', () => probeAfter(FIRST_PROBE_MS));
    socket.once('close', () => {
      clearTimeout(probing);
      this.#bySocket.delete(socket);
      // Node notifies only the response whose turn it is that its connection is gone.
      for (const { response } of connection.open.slice()) if (!response.closed) response.emit('close');
    });
  }

  /**
   * A request has come. False when the connection has too many, and is closed: to answer those that are open, node would have to
   * hold all that it reads at once, which is more than a thousand.
   */
  open(request: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.#bySocket.get(request.socket);
    if (!connection || connection.socket.destroyed) return false;
    if (connection.open.length >= PIPELINED_MAX) {
      connection.socket.destroy();
      this.#onFlood(connection.open.length);
      return false;
    }
    connection.open.push({ request, response });
    response.once('close', () => this.#answered(connection, response));
    return true;
  }

  /** The body of this request may come for as long as it likes. */
  takesItsTime(request: IncomingMessage): void {
    this.#slow.add(request);
  }

  /** A request on this connection has not arrived whole in its time. True the first time that it is refused for that. */
  refuseLate(socket: Socket): boolean {
    const open = this.#bySocket.get(socket)?.open ?? [];
    if (open.some(({ request }) => this.#slow.has(request))) return false;
    return this.refuse(socket, 408);
  }

  /** The parser can read no further on this connection, or has waited long enough. True the first time. */
  refuse(socket: Socket, status: number): boolean {
    const connection = this.#bySocket.get(socket);
    if (!connection || connection.refusal !== undefined) return false;
    connection.refusal = status;
    sendRefusal(connection);
    return true;
  }

  /** Closes the connections on which nothing is under way. */
  closeIdle(): void {
    for (const { socket, open, idle } of this.#bySocket.values()) {
      const isNew = idle.bytesRead === 0 && performance.now() - idle.sinceMs < SILENT_MS;
      if (open.length === 0 && socket.bytesRead === idle.bytesRead && !isNew) socket.destroy();
    }
  }

  #answered(connection: Connection, response: ServerResponse): void {
    const { socket, open } = connection;
    const index = open.findIndex((each) => each.response === response);
    if (index >= 0) open.splice(index, 1);
    connection.idle = { sinceMs: performance.now(), bytesRead: socket.bytesRead };
    sendRefusal(connection);
  }
}

/** Answers what the parser refused, unless requests before it still wait for theirs. */
function sendRefusal({ socket, open, refusal }: Connection): void {
  if (refusal === undefined || open.some(({ request }) => request.complete)) return;
  const isAnswered = open.some(({ response }) => response.headersSent);
  if (!socket.writable || isAnswered) return void socket.destroy();
  socket.end(rawProblem(refusal));
  socket.setTimeout(LINGER_MS, () => socket.destroy());
}

/**
 * A client that will send nothing more may have gone, or wait for its answer. A provisional answer shows which: where nobody is, it is
 * answered with a reset, which closes the connection. HTTP/1.0 has no provisional answers: its clients are taken to have gone at the second probe.
 */
function probe({ socket, open }: Connection, waitedMs: number): void {
  const [next] = open;
  if (next === undefined) return;
  const { response, request } = next;
  if (request.httpVersion === '1.0') {
    if (waitedMs === PROBE_MS) socket.destroy();
  } else if (!response.headersSent && response.socket) response.writeProcessing();
  // A stream on which nothing happens would only find out with its next event.
  else if (response.getHeader('content-type') === 'text/event-stream') response.write(':\n\n');
}
