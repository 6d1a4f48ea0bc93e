import { connect, type NetConnectOpts } from 'node:net';
import { socketPathOf } from './server-address.ts';

/** Nobody listens at the address: the server is gone, or was never there. */
class NobodyListensError extends Error {}

/**
 * Sends one command without arguments that need quoting and gives the raw reply. A connection of its own each time and no
 * client library: this is only for looking after the server.
 *
 * @throws NobodyListensError, or Error after `timeoutMs` without an answer (a server that is stopped still listens)
 */
export function askRedis(url: string, command: string, timeoutMs = 1_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(connectOptions(url));
    let reply = '';
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer from ${url} within ${timeoutMs} ms`)));
    socket.on('data', (text: string) => (reply += text));
    socket.on('end', () => resolve(reply));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      reject(isAbsence(error) ? new NobodyListensError(url, { cause: error }) : error),
    );
    socket.write(`${command}\r\nQUIT\r\n`); // the server closes after QUIT, so the reply needs no parser to know its end
  });
}

/** False only when it is certain that nobody listens. */
export async function isListening(url: string): Promise<boolean> {
  return askRedis(url, 'PING').then(
    () => true,
    (error: unknown) => !(error instanceof NobodyListensError),
  );
}

function connectOptions(url: string): NetConnectOpts {
  const path = socketPathOf(url);
  if (path !== null) return { path };
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

function isAbsence(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNREFUSED' || error.code === 'ENOENT';
}
