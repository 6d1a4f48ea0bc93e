import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';
import { Pool, type buildConnector, type Dispatcher } from 'undici';
import { TlsStream } from '../response/tls-stream.ts';

/**
 * The tunnel below the connection that is being opened. undici opens both, and who gets the one does not get the other.
 */
const opening = new AsyncLocalStorage<{ tunnel: TlsStream | null }>();

type Connect = (options: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>;

/** A client of a proxy whose tunnels show how they end, as connections without a proxy do. */
export function createTunnelClient(origin: URL, options: object): Dispatcher {
  const client = new Pool(origin, options);
  const open = client.connect.bind(client) as Connect;
  const connect: Connect = async (wanted) => {
    const answer = await open(wanted);
    const connection = opening.getStore();
    if (connection === undefined || answer.statusCode !== 200) return answer;
    connection.tunnel = new TlsStream(answer.socket as Socket);
    return { ...answer, socket: connection.tunnel };
  };
  return Object.assign(client, { connect });
}

/** Lets each TLS connection through a tunnel of {@link createTunnelClient} know the tunnel. Others are left as they are. */
export function throughTunnels(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) => {
    const connection: { tunnel: TlsStream | null } = { tunnel: null };
    opening.run(connection, connect, target, (...outcome: Parameters<buildConnector.Callback>) => {
      if (outcome[1]) connection.tunnel?.isReadBy(outcome[1]);
      else connection.tunnel?.destroy();
      callback(...outcome);
    });
  };
}
