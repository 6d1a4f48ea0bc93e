export type { CancelAnswer } from './admin/cancel-job.ts';
export type { JoinOptions } from './admin/join-queue.ts';
export { JoinTimeoutError } from './admin/join-timeout-error.ts';
export type { UnsafeEviction } from './backend/check-server.ts';
export { createBoundedBackend, type BoundedBackendOptions } from './backend/create-bounded-backend.ts';
export { connectConsumer, type ConnectConsumerOptions } from './consumer/connect-consumer.ts';
export type { Consumer, LeasesOptions, TakeOptions } from './consumer/consumer.ts';
export type { JobLease, LeaseOf } from './consumer/job-lease.ts';
export { capacityDefaults, clockDefaults, producerDefaults } from './defaults.ts';
export { connectionDefaults } from './redis/connection-defaults.ts';
export type { AckArguments, Attempt } from './handler/attempt.ts';
export { defineHandler, type Handler, type HandlerFunction } from './handler/define-handler.ts';
export type { HandlerRegistry } from './handler/handler-registry.ts';
export { inThread, threadDefaults, type ThreadHandler, type ThreadOptions } from './handler/in-thread.ts';
export type { JobSnapshot, JobSnapshotState } from './inspect/job-snapshot.ts';
export type { CapacityOrigin } from './inspect/capacity-origin.ts';
export type { QueueStats } from './inspect/queue-stats.ts';
export {
  CompletionRefusedError,
  ExtensionInvalidError,
  JobCrashedError,
  JobExpiredError,
  JobNotServedError,
  JobThreadDiedError,
  ProgressInvalidError,
} from './pool/attempt-errors.ts';
export { createWorkerPool } from './pool/create-worker-pool.ts';
export { poolDefaults, type PoolTimings } from './pool/pool-defaults.ts';
export type { JobEvent, PoolEvents } from './pool/pool-events.ts';
export type { PoolHealth } from './pool/pool-health.ts';
export type { WorkerPool, WorkerPoolOptions } from './pool/worker-pool.ts';
export { connectProducer, type ConnectProducerOptions } from './producer/connect-producer.ts';
export type { Gathered, GatherOptions, GatherPairs } from './producer/gather-results.ts';
export type { Mapped, MapOptions } from './producer/map-results.ts';
export type { JobNamed, Producer, WaitOptions } from './producer/producer.ts';
export type { PutManyOptions } from './producer/put-many.ts';
export type { PutOptions } from './producer/put-options.ts';
export type { Receipt } from './producer/receipt.ts';
export type { ClusterInput, ClusterNodeInput } from './redis/cluster-input.ts';
export type { RedisInput } from './redis/redis-input.ts';
export { redisWithCa } from './redis/redis-with-ca.ts';
export type { Settled } from './results/settled.ts';
