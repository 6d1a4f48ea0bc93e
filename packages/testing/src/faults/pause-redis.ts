import type { TestServer } from '../servers/test-server.ts';

/**
 * Freezes Redis for `ms` milliseconds, like a stalled disk or a stopped machine: connections stay open, nothing is
 * answered, and time passes. SIGSTOP for a local server, `docker pause` for a container. Resolves once it runs again.
 */
export async function pauseRedis(server: TestServer, ms: number): Promise<void> {
  await server.suspend();
  try {
    await new Promise((resolve) => setTimeout(resolve, ms));
  } finally {
    await server.resume();
  }
}
