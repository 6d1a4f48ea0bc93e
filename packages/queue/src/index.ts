export * from './contracts.ts';
export { silentLogger, type Logger } from './job/logging/logger.ts';
export type { Admin, AdminStats, ListJobsOptions, ListWaitersOptions } from './admin/admin.ts';
export type { Waiter, WaiterList } from './store/waiters/read-waiters.ts';
export type { PoisonAdmin, ReportPoisonOptions } from './admin/poison-admin.ts';
export type { Schedules } from './admin/schedules.ts';
export type { Schedule } from './store/schedules/read-schedules.ts';
export type { HistoryPoint, HistoryTotals, QueueHistory, TimeQuantiles } from './admin/history-report.ts';
export type { HistoryOptions } from './admin/read-history.ts';
export type { LimitsAdmin, LimitsOf, SetLimitsOptions } from './admin/limits-admin.ts';
export type { ContractLimits, QueueLimits, RateLimit } from './store/limits/queue-limits.ts';
export type { QueueName } from './admin/administered-queue.ts';
export type { DrainPoolsOptions, PoolOrderOptions, PoolOrderReport, PoolsAdmin } from './admin/pools-admin.ts';
export type { ListedPool, PoolList, RunningJob } from './store/pools/list-pools.ts';
export type { PoolDescription, PoolLoad } from './store/pools/pool-description.ts';
export type { AllQueues } from './admin/all-queues.ts';
export {
  connectAdmin,
  type ConnectAdminOptions,
  connectAllQueues,
  type ConnectAllQueuesOptions,
} from './admin/connect-admin.ts';
export type { DedupeAdmin } from './admin/dedupe-admin.ts';
export type { DedupeOwner } from './store/dedupe/dedupe-key.ts';
export type { AddApiKeyOptions, ApiKeys } from './admin/api-keys.ts';
export {
  type ApiKey,
  apiKeyIdOf,
  type ApiKeyVerb,
  apiKeyVerbs,
  isApiKey,
  isValidApiKey,
  type StoredApiKey,
} from './store/api-keys/api-key.ts';
export type { AuditLog, ListAuditOptions } from './admin/audit-log.ts';
export type { AuditEntry, AuditPage } from './store/audit/audit-entries.ts';
export type { ReadApiKeys } from './store/api-keys/stored-api-keys.ts';
export type { FoundQueues } from './store/admin/find-queues.ts';
export type { PurgeResult } from './store/dead-letters/purge-jobs.ts';
export type { DeadLetterDetails } from './store/dead-letters/read-dead-letter.ts';
export type { ReplayResult, ReplayStop } from './store/dead-letters/replay-jobs.ts';
export type { Replays } from './store/dead-letters/replays.ts';
export type { FailedAttempt } from './store/results/failed-attempts.ts';
export type { SecretField } from './job/contracts/secret-fields.ts';
export type { JobFlow, FlowJob } from './store/flow/read-flow.ts';
export type { RedisState } from './store/server/redis-state.ts';
export type { JobTexts } from './store/jobs/job-texts.ts';
export type { JobDetails } from './store/jobs/job-details.ts';
export type { ActOptions, ActProgress, ActReport } from './admin/act-on-jobs.ts';
export type {
  DeadLetterFilter,
  DeadLetters,
  ListDeadLettersOptions,
  PurgeReport,
  ReplayOptions,
  ReplayReport,
  DeadLetterSelection,
} from './admin/dead-letters.ts';
export type { JobEdit } from './admin/job-edit.ts';
export type { EditAnswer } from './store/edits/edit-job.ts';
export type { JobFilter } from './admin/job-filter.ts';
export type { PayloadFields, PayloadValue } from './job/payload-filter.ts';
export type { JobsPage, ListedJob } from './store/jobs/list-jobs.ts';
export type { CrashSuspect, FoundPoison, PoisonReport } from './store/poison/read-poison.ts';
export { crashEvidence, type CrashEvidence, type JobCrash } from './store/poison/job-crashes.ts';
export type { SuspectWait } from './store/poison/suspect-wait.ts';
export type { JobExplanation, RunningOn } from './store/why/explain-job.ts';
export type { JobTransition } from './store/why/job-transitions.ts';
export type { DelayCause, WaitReason } from './store/why/wait-reasons.ts';
export type { CancelOutcome } from './store/cancel/cancel-job.ts';
export type { CancelOptions } from './admin/queue-admin.ts';
export type { CancelJobsOptions } from './admin/cancel-jobs.ts';
export type { JoinOptions } from './store/admin/join-queue.ts';
export type { UnsafeEviction } from './store/server/check-server.ts';
export { createBoundedBackend, type BoundedBackendOptions } from './store/backend/create-bounded-backend.ts';
export { connectConsumer, type ConnectConsumerOptions } from './consumer/connect-consumer.ts';
export type { Consumer, LeasesOptions, TakeOptions } from './consumer/consumer.ts';
export type { JobLease, LeaseOf } from './consumer/job-lease.ts';
export type { Dedupe } from './job/dedupe.ts';
export { capacityDefaults, clockDefaults, producerDefaults } from './job/defaults.ts';
export { connectionDefaults } from './store/connection/connection-defaults.ts';
export type { AckArguments, Attempt } from './job/handler/attempt.ts';
export { defineHandler } from './threads/thread/define-handler.ts';
export {
  defineBatchHandler,
  type BatchContext,
  type BatchHandler,
  type BatchHandlerFunction,
  type BatchOptions,
  type BatchResults,
} from './job/handler/batch-handler.ts';
export type { Handler, HandlerFunction } from './job/handler/handler.ts';
export type { HandlerRegistry } from './job/handler/handler-registry.ts';
export { inThread, threadDefaults, type ThreadHandler, type ThreadOptions } from './job/handler/in-thread.ts';
export { type JobSnapshot, type JobSnapshotState, jobSnapshotStates } from './store/results/job-snapshot.ts';
export type { CapacityOrigin } from './store/stats/capacity-origin.ts';
export type { CommonStats, QueueStats } from './store/stats/queue-stats.ts';
export { createWorkerPool } from './pool/create-worker-pool.ts';
export { poolDefaults, type PoolTimings } from './job/pool-defaults.ts';
export type { JobEvent, PoolEvents } from './attempt/pool-events.ts';
export type { PoolHealth } from './pool/pool-health.ts';
export type { WorkerPool, WorkerPoolOptions } from './pool/worker-pool.ts';
export { connectProducer, type ConnectProducerOptions } from './put/connect-producer.ts';
export type { Gathered, GatherOptions, GatherPairs } from './put/gather-results.ts';
export type { Mapped, MapOptions } from './put/map-results.ts';
export type { JobNamed, Producer } from './put/producer.ts';
export type { ProducerEvents, PutEvent, PutOutcome } from './put/producer-events.ts';
export type { PutManyOptions } from './put/put-many.ts';
export {
  type DeadChildPolicy,
  flow,
  type FlowNode,
  type FlowNodeOptions,
  type PutFlowOptions,
} from './put/flow/flow-node.ts';
export { type FlowTree, flowTreeLimits, readFlowTree } from './put/flow/flow-tree.ts';
export { flowOfTree } from './put/flow/flow-of-tree.ts';
export type { FlowReceipt } from './put/flow/flow-puts.ts';
export type { ChildOutcome } from './job/handler/child-outcome.ts';
export type { QueueEvent, QueueEventListener, QueueEventsPage } from './store/results/queue-events.ts';
export type { FindOptions } from './put/find-job.ts';
export type { PutOptions, WaitOptions } from './put/put-options.ts';
export type { Receipt } from './put/pending-put.ts';
export type { ClusterInput, ClusterNodeInput } from './store/connection/cluster-input.ts';
export type { RedisInput } from './store/connection/redis-input.ts';
export { redisWithCa } from './store/connection/redis-with-ca.ts';
export type { Outcome } from './store/results/read-outcome.ts';
