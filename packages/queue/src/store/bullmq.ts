// All that the library runs of BullMQ comes through here, so that one of another major version is named when the program starts.
// An import of what it does not have would be a SyntaxError with a name that users never wrote. Types are imported from BullMQ itself.
import * as bullmq from 'bullmq';
import { DefinitionError } from '../job/errors/index.ts';

const needed = [
  'ErrorCode',
  'JobScheduler',
  'QueueKeys',
  'RedisConnection',
  'RedisQueueBackend',
  'isRedisInstance',
  'optsDecodeMap',
] as const satisfies readonly (keyof typeof bullmq)[];

const missing = needed.filter((name) => !(name in bullmq));
if (missing.length > 0) {
  throw new DefinitionError(
    `the bullmq that is installed next to @sluice/queue is none that it works with (it has no ${missing.join(', ')}): run "npm install bullmq@6.7"; docs/installing.md says how to move from BullMQ 5`,
  );
}

export const {
  ErrorCode,
  JobScheduler,
  QueueKeys,
  RedisConnection,
  RedisQueueBackend,
  isRedisInstance,
  optsDecodeMap,
} = bullmq;
