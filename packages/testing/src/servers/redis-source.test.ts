import { describe, expect, it } from 'vitest';
import { readRedisSource } from './redis-source.ts';
import { startTestServer } from './start-test-server.ts';

describe('the Redis of tests', () => {
  it.each<[NodeJS.ProcessEnv, ReturnType<typeof readRedisSource>]>([
    [{}, { kind: 'auto' }],
    [{ REDIS_IMAGE: 'redis:8' }, { kind: 'auto', image: 'redis:8' }],
    [{ SLUICE_TEST_REDIS: 'local' }, { kind: 'local' }],
    [{ SLUICE_TEST_REDIS: '' }, { kind: 'auto' }],
    [
      { SLUICE_TEST_REDIS: 'container', REDIS_IMAGE: 'redis:7', SLUICE_TEST_REDIS_IMAGE: 'redis:8' },
      { kind: 'container', image: 'redis:8' },
    ],
    [{ SLUICE_TEST_REDIS_IMAGE: 'valkey/valkey:9' }, { kind: 'container', image: 'valkey/valkey:9' }],
    [{ SLUICE_TEST_REDIS_BINARY: '/opt/valkey-server' }, { kind: 'local', binary: '/opt/valkey-server' }],
  ])('is chosen by the environment: %o', (env, source) => {
    expect(readRedisSource(env)).toEqual(source);
  });

  it.each<[NodeJS.ProcessEnv, string]>([
    [{ SLUICE_TEST_REDIS: 'docker' }, 'SLUICE_TEST_REDIS is docker; it must be auto, local, container or cluster'],
    [
      { SLUICE_TEST_REDIS: 'container', SLUICE_TEST_REDIS_BINARY: '/opt/valkey-server' },
      'a Redis binary (/opt/valkey-server) is for a local server, but the kind asked for is container',
    ],
  ])('is refused when the environment cannot be followed: %o', (env, message) => {
    expect(() => readRedisSource(env)).toThrow(message);
  });

  it('is refused when the program that was named is not there, or is no Redis', async () => {
    const start = (binary: string) => startTestServer({ persistent: false }, { kind: 'local', binary });
    await expect(start('/nowhere/redis-server')).rejects.toThrow('/nowhere/redis-server is no program that can be run');
    await expect(start(process.execPath)).rejects.toThrow('is no redis-server or valkey-server, 7.0 or later');
  });
});
