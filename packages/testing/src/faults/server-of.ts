import type { TestServer } from '../servers/test-server.ts';

/** A server of a test, or what `startTestRedis` returned. */
export type ServerOrRedis = TestServer | { readonly server: TestServer };

export function serverOf(redis: ServerOrRedis): TestServer {
  return 'server' in redis ? redis.server : redis;
}
