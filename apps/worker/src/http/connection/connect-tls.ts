import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errors, type buildConnector } from 'undici';
import { TlsStream } from '../response/tls-stream.ts';

export interface ConnectTlsOptions {
  /** Puts TLS on top of the `httpSocket` that it gets. */
  connect: buildConnector.connector;
  timeoutMs: number;
}

/** Puts TLS on top of a connection, over a stream that shows how the connection ends. */
export function connectTls(
  socket: Socket,
  target: buildConnector.Options,
  callback: buildConnector.Callback,
  { connect, timeoutMs }: ConnectTlsOptions,
): void {
  const stream = new TlsStream(socket);
  const timer = setTimeout(() => stream.destroy(new errors.ConnectTimeoutError()), timeoutMs);
  connect({ ...target, httpSocket: stream as Duplex as Socket }, (...secured) => {
    clearTimeout(timer);
    if (secured[1]) stream.isReadBy(secured[1]);
    else stream.destroy();
    callback(...secured);
  });
}
