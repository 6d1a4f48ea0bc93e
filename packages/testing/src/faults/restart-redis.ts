import { type ServerOrRedis, serverOf } from './server-of.ts';
import type { HaltHow } from '../servers/test-server.ts';

/**
 * Ends Redis, as SIGTERM (`graceful`, the default) or kill -9 (`kill`) would, and starts it again on the same address.
 * A persistent server has every answered write again. Resolves once it answers.
 *
 * @param redis the server, or what `startTestRedis` returned
 */
export async function restartRedis(redis: ServerOrRedis, how: HaltHow = 'graceful'): Promise<void> {
  const server = serverOf(redis);
  await server.halt(how);
  await server.start();
}
