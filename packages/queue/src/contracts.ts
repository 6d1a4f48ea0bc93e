/**
 * The vocabulary of Sluice: contracts of jobs, definitions of queues, and every error. Loads no Redis client, so that programs
 * which only share schemas need neither bullmq nor ioredis.
 */
export {
  defineApp,
  type App,
  type AppHandlers,
  type HandlerContext,
  type HandlerFactory,
  type HandlerModule,
  type HandlerSource,
  type QueuesApp,
} from './job/app/define-app.ts';
export { checkContracts, type ContractFinding, type ContractRule } from './job/compatibility/check-contracts.ts';
export {
  describeContracts,
  type ContractsDescription,
  type DescribedContract,
  type DescribedQueue,
  type DescribedSchema,
} from './job/compatibility/describe-contracts.ts';
export { loadHandlers } from './job/app/load-handlers.ts';
export * from './job/contracts/job-contract.ts';
export * from './job/contracts/queue-policy.ts';
export { parseJobId } from './job/contracts/job-id.ts';
export { limits } from './job/contracts/limits.ts';
export { type Cadence } from './job/schedules/cadence.ts';
export type { CatchUp } from './job/schedules/plan-iteration.ts';
export type { ScheduleDefinition, ScheduleDefinitions } from './job/schedules/schedule-definition.ts';
export { scheduleLimits, type ScheduleOptions } from './job/schedules/schedule-options.ts';
export { jsonSchemaOf } from './job/contracts/json-schema.ts';
export { namePattern, nameRule } from './job/contracts/name.ts';
export { decodePayload, decodeResult } from './job/encoding/decode.ts';
export { encodePayload, encodeResult, type EncodedValue } from './job/encoding/encode.ts';
export * from './job/errors/index.ts';
export { didYouMean } from './job/options/did-you-mean.ts';
