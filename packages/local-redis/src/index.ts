export type { LocalRedis, LocalRedisOptions, RedisSettings } from './local-redis.ts';
export { startLocalRedis } from './start-local-redis.ts';
export { adoptLocalRedis } from './adopt-local-redis.ts';
export { socketPathOf, socketUrl } from './socket-url.ts';
export { LocalRedisInUseError, LocalRedisStartError, LocalRedisUnavailableError } from './local-redis-errors.ts';
