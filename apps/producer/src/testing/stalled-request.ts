import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

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
