import { Cluster, type Redis } from 'ioredis';
import { outsideContext } from '../../job/outside-context.ts';
import { createClient, type RedisInput } from './redis-input.ts';
import { reopenWhenEnded, reopenWhenSilent } from './reopen.ts';

/** A client of ours, not connected yet, that opens itself again until it is told to end. */
export interface LastingClient {
  readonly client: Redis;
  /** Disconnects, for good. */
  end(): void;
}

/** @param silenceMs how long an answer may be owed, with nothing received, before the connection is opened again */
export function createLastingClient(input: RedisInput, silenceMs: number): LastingClient {
  const client = createClient(input);
  // Each call that waits for the connection listens: in an outage thousands, which node would take for a leak.
  client.setMaxListeners(100_000);
  connectOutside(client);
  const letEnd = reopenWhenEnded(client);
  reopenWhenSilent(client, silenceMs);
  const end = (): void => {
    letEnd();
    client.disconnect();
  };
  return { client, end };
}

/**
 * Opens its connections in no caller's context: all that a connection calls back later has the context in which it was opened. ioredis
 * opens that to a node of a cluster with the first command for it, which is some caller's.
 */
function connectOutside(client: Redis | Cluster): void {
  if (client instanceof Cluster) client.on('+node', connectOutside);
  const connect = client.connect.bind(client);
  client.connect = () => outsideContext(() => connect());
}

/**
 * Resolves true as soon as the client can take commands, and false when it cannot by the deadline or the signal is aborted.
 *
 * @param deadline monotonic, in milliseconds
 */
export async function untilReady(client: Redis, deadline: number, signal?: AbortSignal): Promise<boolean> {
  while (client.status !== 'ready') {
    const leftMs = deadline - performance.now();
    if (signal?.aborted || leftMs <= 0) return false;
    await nextChange(client, Math.min(leftMs, 250), signal);
  }
  return performance.now() < deadline;
}

function nextChange(client: Redis, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      client.off('ready', done);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    client.once('ready', done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
