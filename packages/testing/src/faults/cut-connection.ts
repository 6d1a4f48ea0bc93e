import { connectClient } from '../servers/connect-client.ts';
import { type ServerOrRedis, serverOf } from './server-of.ts';

export interface CutConnectionOptions {
  /**
   * Which connections are cut: those whose name (`CLIENT SETNAME`, ioredis's `connectionName`) has this in it.
   *
   * @default all
   */
  name?: string;
}

/**
 * Cuts the connections of all clients, once, as a broken network does: what they were waiting for is lost, and they may connect again
 * at once. A server that stays away is `server.halt()`; a connection that breaks in the middle of a reply is `flakyProxy`.
 *
 * @param redis the server, or what `startTestRedis` returned
 * @returns how many were cut
 */
export async function cutConnection(redis: ServerOrRedis, { name }: CutConnectionOptions = {}): Promise<number> {
  const { nodeUrls } = serverOf(redis);
  const cut = await Promise.all(nodeUrls.map((url) => cutAt(url, name)));
  return cut.reduce((sum, count) => sum + count, 0);
}

async function cutAt(url: string, name: string | undefined): Promise<number> {
  const client = await connectClient(url);
  try {
    const own = await client.client('ID');
    const lines = String(await client.client('LIST')).split('\n');
    const ids = lines
      .filter((line) => !/ flags=[SM]/.test(line) && (name === undefined || nameIn(line).includes(name)))
      .flatMap((line) => /^id=(\d+) /.exec(line)?.[1] ?? [])
      .filter((id) => id !== String(own));
    const killed = await Promise.all(ids.map((id) => client.client('KILL', 'ID', id)));
    return killed.reduce<number>((sum, count) => sum + Number(count), 0);
  } finally {
    client.disconnect();
  }
}

function nameIn(line: string): string {
  return / name=(\S*)/.exec(line)?.[1] ?? '';
}
