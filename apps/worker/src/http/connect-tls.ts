import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errors, type buildConnector } from 'undici';
import { TlsStream } from './response/tls-stream.ts';

export interface TlsSteps {
  /** Connects without TLS. */
  connectTcp: buildConnector.connector;
  /** Puts TLS on top of the `httpSocket` that it gets. */
  connect: buildConnector.connector;
  connectTimeoutMs: number;
}

/**
 * Connects, and puts TLS on top, over a stream that shows how the connection ends. Both together take no longer than the
 * timeout.
 */
export function connectTls(
  target: buildConnector.Options,
  callback: buildConnector.Callback,
  { connectTcp, connect, connectTimeoutMs }: TlsSteps,
): void {
  const startedMs = performance.now();
  const { servername: _ofTls, ...host } = target;
  connectTcp({ ...host, protocol: 'http:', port: target.port || '443' }, (...outcome) => {
    const [error, socket] = outcome;
    if (error) return callback(error, null);
    const stream = new TlsStream(socket);
    const leftMs = Math.max(0, connectTimeoutMs - (performance.now() - startedMs));
    const timer = setTimeout(() => stream.destroy(new errors.ConnectTimeoutError()), leftMs);
    connect({ ...target, httpSocket: stream as Duplex as Socket }, (...secured) => {
      clearTimeout(timer);
      if (secured[1]) stream.isReadBy(secured[1]);
      else stream.destroy();
      callback(...secured);
    });
  });
}
