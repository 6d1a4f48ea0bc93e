export { isolatedRedisTest, type IsolatedRedisFixtures } from './fixtures/isolated-redis-test.ts';
export { redisTest, type RedisFixtures } from './fixtures/redis-test.ts';
export { sharedConnectionName } from './fixtures/connections.ts';
export { redisSource } from './fixtures/redis-source.ts';
export type { TestRedis } from './fixtures/test-redis.ts';

export * from './servers/index.ts';

export { flakyProxy, type FlakyProxy } from './faults/flaky-proxy.ts';
export { killWorker, type ProcessEnd } from './faults/kill-worker.ts';
export { pauseRedis } from './faults/pause-redis.ts';
export { restartRedis } from './faults/restart-redis.ts';

export * from './history/index.ts';

export { type AofFiles, findAofFiles } from './transactions/aof-files.ts';
export { readTransactions, type Transaction, type TransactionLog } from './transactions/read-transactions.ts';
export { replayTransactions, type WatchedQueue } from './transactions/replay-transactions.ts';
export type { TransactionReport } from './transactions/transaction-report.ts';

export { ClusterNode } from './cluster/cluster-node.ts';
export {
  type FailoverHow,
  type LocalCluster,
  type LocalClusterOptions,
  openCluster,
  startLocalCluster,
} from './cluster/local-cluster.ts';
