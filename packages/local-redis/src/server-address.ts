import { type AddressInfo, createServer } from 'node:net';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';

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

/** A socket's path may have 104 bytes on macOS and 108 on Linux; some temp folders are longer than that by themselves. */
const TEMP_DIR_MAX_BYTES = 75;

/** A new folder that only this user may enter (0700), with a path short enough for a socket in it. */
export function makeSocketFolder(): string {
  const own = resolve(tmpdir());
  const parent = Buffer.byteLength(own) > TEMP_DIR_MAX_BYTES ? '/tmp' : own;
  return mkdtempSync(join(parent, 'sluice-'));
}

/** The folder of a server that has ended, made again for one that takes its place. */
function remakeSocketFolder(socket: string): string {
  const folder = dirname(socket);
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

const UNIX_SCHEME = 'unix://';

/** The address of a socket. Characters that mean something in a URL (`%`, `?`, `#`, blanks) are percent-encoded. */
export function socketUrl(path: string): string {
  return UNIX_SCHEME + path.split('/').map(encodeURIComponent).join('/');
}

/** The path of the socket that an address names; null when it names none. */
export function socketPathOf(url: string): string | null {
  return url.startsWith(UNIX_SCHEME) ? decodeURIComponent(url.slice(UNIX_SCHEME.length)) : null;
}
