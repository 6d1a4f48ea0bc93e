import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** A port of 127.0.0.1 that refuses every connection for as long as this is held. */
export interface RefusingPort extends AsyncDisposable {
  readonly port: number;
}

/**
 * Reserves a port that refuses connections.
 *
 * A port that was free a moment ago may be given to another program. The local end of an open connection may not:
 * it is taken, and nobody listens on it.
 */
export async function reserveRefusingPort(): Promise<RefusingPort> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const holder = connect(port, '127.0.0.1');
  const [[far]] = await Promise.all([accepted, once(holder, 'connect')]);
  const held = holder.localPort;
  if (held === undefined) throw new Error('the connection that holds the refusing port was closed');
  return { port: held, [Symbol.asyncDispose]: () => release(server, [holder, far]) };
}

async function release(server: Server, sockets: Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
}
