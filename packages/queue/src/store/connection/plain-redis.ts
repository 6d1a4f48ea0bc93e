import { connect } from 'node:net';
import { Cluster, type Redis } from 'ioredis';

/** So long a handshake of TLS may take before it is asked whether anybody speaks it there. */
const NEXT_AFTER_MS = 300;

/**
 * Resolves when a client that speaks TLS is being connected to a Redis that does not: Redis waits for more of what it takes
 * for a command, and says nothing. So it is sent a PING in plain, which any Redis answers to anybody. Otherwise pending.
 *
 * @param signal ends the question
 */
export function plainRedisAt(client: Redis | Cluster, signal: AbortSignal): Promise<void> {
  const found = Promise.withResolvers<void>();
  const server = tlsServerOf(client);
  if (server) {
    const timer = setTimeout(() => ask(server, signal, found.resolve), NEXT_AFTER_MS);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }
  return found.promise;
}

interface Server {
  readonly host: string;
  readonly port: number;
}

function ask(server: Server, signal: AbortSignal, answered: () => void): void {
  const socket = connect({ ...server, signal });
  socket.on('error', () => undefined);
  socket.write('PING\r\n');
  socket.once('data', (data) => {
    socket.destroy();
    if (/^(\+PONG|-NOAUTH|-DENIED|-NOPERM)/.test(data.toString('latin1'))) answered();
  });
}

/** Of a cluster, one of the nodes that were named. */
function tlsServerOf(client: Redis | Cluster): Server | null {
  if (!(client instanceof Cluster)) {
    const { tls, sentinels, Connector, host = '127.0.0.1', port = 6_379 } = client.options;
    return tls && !sentinels && !Connector ? { host, port } : null;
  }
  const [node] = Reflect.get(client, 'startupNodes') as Partial<Server>[];
  const { host, port } = node ?? {};
  return client.options.redisOptions?.tls && host !== undefined && port !== undefined ? { host, port } : null;
}
