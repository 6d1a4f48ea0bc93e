export { addressOf, connectClient } from './connect-client.ts';
export { readRedisSource, type RedisSource } from './redis-source.ts';
export { startTestServer } from './start-test-server.ts';
export type { HaltHow, TestServer, TestServerOptions } from './test-server.ts';
