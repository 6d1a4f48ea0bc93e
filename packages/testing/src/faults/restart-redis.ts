import type { HaltHow, TestServer } from '../servers/test-server.ts';

/**
 * Ends Redis, as SIGTERM (`graceful`, the default) or kill -9 (`kill`) would, and starts it again on the same address.
 * A persistent server has every answered write again. Resolves once it answers.
 */
export async function restartRedis(server: TestServer, how: HaltHow = 'graceful'): Promise<void> {
  await server.halt(how);
  await server.start();
}
