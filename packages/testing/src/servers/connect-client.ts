import { socketPathOf } from '@sluice/local-redis';
import { Redis, type RedisOptions } from 'ioredis';

/** The address of a server as ioredis options; accepts `unix:///path/to.sock` and `redis://` URLs. */
export function addressOf(url: string): { path: string } | { host: string; port: number } {
  const path = socketPathOf(url);
  if (path !== null) return { path };
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port || 6379) };
}

/**
 * Resolves with a client once it is connected and the server answers.
 *
 * Rejects with the connection's error when there is no server, instead of retrying for ever.
 */
export async function connectClient(url: string, options: RedisOptions = {}): Promise<Redis> {
  const client = new Redis({ ...options, ...addressOf(url), lazyConnect: true, replyMapping: 'legacy' });
  // When a test pauses, kills or cuts off the server, the commands reject; without a listener the error events would throw.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw error;
  }
  return client;
}

/** Waits until the server answers PING. Throws after `withinMs` (default 15,000) with the last reason. */
export async function untilAnswering(url: string, withinMs = 15_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      await pingOnce(url);
      return;
    } catch (cause) {
      if (performance.now() > deadline) throw new Error(`no answer from ${url} within ${withinMs} ms`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

async function pingOnce(url: string): Promise<void> {
  const client = await connectClient(url, {
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
  });
  try {
    await client.ping();
  } finally {
    client.disconnect();
  }
}
