import { type ServerOrRedis, serverOf } from './server-of.ts';

/**
 * Freezes Redis for `ms` milliseconds, like a stalled disk or a stopped machine: connections stay open, nothing is
 * answered, and time passes. SIGSTOP for a local server, `docker pause` for a container. Resolves once it runs again.
 *
 * @param redis the server, or what `startTestRedis` returned
 */
export async function pauseRedis(redis: ServerOrRedis, ms: number): Promise<void> {
  const server = serverOf(redis);
  await server.suspend();
  try {
    await new Promise((resolve) => setTimeout(resolve, ms));
  } finally {
    await server.resume();
  }
}
