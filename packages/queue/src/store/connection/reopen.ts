import { Cluster, type Redis } from 'ioredis';

/** So many looks in a row must find a connection silent. */
const LOOKS = 6;

/** The pause before a client that has given up tries again. */
const REOPEN_MS = 1_000;

/** A connection owed an answer and received nothing for too long. */
class SilentConnectionError extends Error {
  constructor(silenceMs: number) {
    super(`no answer within ${silenceMs} ms: the connection is reopened`);
    this.name = 'SilentConnectionError';
  }
}

/**
 * Reopens a connection when a reply is expected and nothing at all was received for `silenceMs`. Nothing else would: a
 * server that hangs and a router that has forgotten a connection close nothing. A connection without a command under way is
 * left alone. Of a cluster, this holds for the connection to each node.
 *
 * Time is counted in looks, and before each of them the event loop has read what was there: a process that was stopped, or
 * whose loop was blocked, finds its answers and gives up no healthy connection, as it would with ioredis's `socketTimeout`.
 */
export function reopenWhenSilent(client: Redis | Cluster, silenceMs: number): void {
  if (client instanceof Cluster) client.on('+node', (node: Redis) => reopenWhenSilent(node, silenceMs));
  else client.on('connect', () => watchStream(client, silenceMs));
}

/**
 * Opens a connection again whose client has given up, which is not for the client to decide.
 *
 * @returns a function that lets it end
 */
export function reopenWhenEnded(client: Redis): () => void {
  let mayEnd = false;
  let timer: NodeJS.Timeout | undefined;
  client.on('end', () => {
    if (mayEnd) return;
    timer = setTimeout(() => client.connect().catch(() => undefined), REOPEN_MS);
    timer.unref();
  });
  return () => {
    mayEnd = true;
    clearTimeout(timer);
  };
}

function watchStream(client: Redis, silenceMs: number): void {
  const { stream } = client;
  let silentLooks = 0;
  let bytesRead = 0;
  const timer = setInterval(() => {
    if (stream.destroyed) return clearInterval(timer);
    const isSilent = client.commandQueue.length > 0 && stream.bytesRead === bytesRead;
    silentLooks = isSilent ? silentLooks + 1 : 0;
    bytesRead = stream.bytesRead;
    if (silentLooks >= LOOKS) stream.destroy(new SilentConnectionError(silenceMs));
  }, silenceMs / LOOKS);
  timer.unref();
}
