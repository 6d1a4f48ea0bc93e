export type { LocalRedis, LocalRedisOptions, RedisSettings } from './local-redis.ts';
export { startLocalRedis } from './start-local-redis.ts';
export { adoptLocalRedis } from './adopt-local-redis.ts';
export { socketPathOf, socketUrl } from './server-address.ts';
export { FolderLease, type EarlierOwner, type FolderLeaseOptions, type LeaseOwner } from './folder-lease.ts';
export { isLeaseFile } from './lease-file.ts';
export { findShortage } from './shortage.ts';
export {
  FolderLeaseLostError,
  LocalRedisInUseError,
  LocalRedisStartError,
  LocalRedisUnavailableError,
} from './local-redis-errors.ts';
