import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { once } from 'node:events';

/** A connection that a test writes to byte by byte. */
export interface RawConnection {
  readonly socket: Socket;
  /** What has come so far. */
  text(): string;
  /** Resolves with everything that came, once the connection is closed. */
  readonly closed: Promise<string>;
}

/** Connects to a server on this machine; closed when the test ends. */
export function connectRaw(base: string): RawConnection {
  const socket = connect({ port: Number(new URL(base).port), host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  const text = (): string => Buffer.concat(chunks).toString('latin1');
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.on('close', () => resolve(text()));
  return { socket, text, closed };
}

/** A put as bytes. */
export function putBytes(body: string | Buffer, headers: Record<string, string> = {}): Buffer {
  const bytes = Buffer.from(body);
  const lines = Object.entries({
    host: 'localhost',
    'content-type': 'application/json',
    'content-length': String(bytes.length),
    ...headers,
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`POST /v1/queues/fetches/jobs HTTP/1.1\r\n${head}\r\n`, 'latin1'), bytes]);
}

/**
 * A put whose head the server has read and whose body never comes: it holds up a stop until it is cut off.
 * Resolves once the server has answered the head with 100 Continue.
 */
export async function stalledRequest(base: string): Promise<Socket> {
  const socket = connect(Number(new URL(base).port), '127.0.0.1');
  const head = ['POST /v1/queues/any/jobs HTTP/1.1', 'host: x', 'content-type: application/json', 'content-length: 9'];
  socket.write([...head, 'expect: 100-continue', '', ''].join('\r\n'));
  const [answer] = await once(socket, 'data');
  if (!String(answer).startsWith('HTTP/1.1 100 ')) throw new Error(`expected 100 Continue, got ${String(answer)}`);
  return socket;
}
