import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { makeSocketFolder, remakeSocketFolder } from './socket-folder.ts';
import { socketPathOf, socketUrl } from './socket-url.ts';

/** Where a server is to listen, and a folder for its socket and settings that goes when it goes. */
export interface ServerAddress {
  readonly url: string;
  readonly folder: string;
  /** The settings that make it listen there and nowhere else. */
  readonly config: Readonly<Record<string, string>>;
}

/** A new address, or the one that `url` names. */
export async function chooseAddress(listen: 'unix' | 'tcp', url?: string): Promise<ServerAddress> {
  if (url === undefined) return listen === 'unix' ? unixAddress(makeSocketFolder()) : tcpAddress(await findFreePort());
  const socket = socketPathOf(url);
  return socket === null ? tcpAddress(Number(new URL(url).port)) : unixAddress(remakeSocketFolder(socket));
}

function unixAddress(folder: string): ServerAddress {
  const socket = join(folder, 'redis.sock');
  return { url: socketUrl(socket), folder, config: { port: '0', unixsocket: socket, unixsocketperm: '700' } };
}

function tcpAddress(port: number): ServerAddress {
  return {
    url: `redis://127.0.0.1:${port}`,
    folder: makeSocketFolder(),
    config: { port: String(port), bind: '127.0.0.1' },
  };
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
