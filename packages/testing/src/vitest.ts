export * from './index.ts';

export { isolatedRedisTest, type IsolatedRedisFixtures } from './fixtures/isolated-redis-test.ts';
export { redisSource } from './fixtures/redis-source.ts';
export { redisTest, type RedisFixtures } from './fixtures/redis-test.ts';
