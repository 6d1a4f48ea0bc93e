export { addressOf, connectClient } from './connect-client.ts';
export { startTestServer, type RedisSource } from './start-test-server.ts';
export type { HaltHow, TestServer, TestServerOptions } from './test-server.ts';
