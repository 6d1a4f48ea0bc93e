export { sharedConnectionName } from './fixtures/connections.ts';
export { startTestRedis, type StartedTestRedis, type StartTestRedisOptions } from './fixtures/start-test-redis.ts';
export type { TestRedis } from './fixtures/test-redis.ts';

export { runJob } from './run-job/run-job.ts';
export type { RunJobOptions } from './run-job/run-job-options.ts';
export type { EndedBy, JobRun, JobRunEnd, RunError } from './run-job/job-run.ts';

export { DrainLimitError, type DrainOptions, type DrainSummary } from './test-queue/drain-limits.ts';
export type { AsymmetricMatcher, Match } from './test-queue/match.ts';
export type { ExpectNoPutOptions, ExpectPutOptions } from './test-queue/put-expectations.ts';
export type { QueueSpy, SpyMatch, SpyOptions } from './test-queue/queue-spy.ts';
export { recordRuns } from './test-queue/record-runs.ts';
export type { SeenOptions, SeenPut } from './test-queue/seen-put.ts';
export { testQueue } from './test-queue/test-queue.ts';
export type { AdvanceOptions, OutcomeOptions, TestHandlers, TestQueue } from './test-queue/test-queue.ts';
export type { TestQueueOptions } from './test-queue/test-queue-options.ts';

export * from './servers/index.ts';

export * from './faults/index.ts';

export * from './history/index.ts';

export * from './queue-log/index.ts';

export * from './transactions/index.ts';

export { ClusterNode } from './cluster/cluster-node.ts';
export {
  type FailoverHow,
  type LocalCluster,
  type LocalClusterOptions,
  openCluster,
  startLocalCluster,
} from './cluster/local-cluster.ts';
export { startTlsCluster, type TlsCluster } from './cluster/tls-cluster.ts';
