import type { TestServer } from '../servers/test-server.ts';

/**
 * Freezes Redis for `ms` milliseconds, as a stalled disk or a stopped machine would: connections stay open, nothing is
 * answered, time goes on. SIGSTOP for a local server, `docker pause` for a container. Resolves once it runs again.
 */
export async function pauseRedis(server: TestServer, ms: number): Promise<void> {
  await server.suspend();
  try {
    await new Promise((resolve) => setTimeout(resolve, ms));
  } finally {
    await server.resume();
  }
}
