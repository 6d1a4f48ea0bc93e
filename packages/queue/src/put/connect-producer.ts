import type { Telemetry } from 'bullmq';
import { checkOptions } from '../job/options/check-options.ts';
import { DefinitionError } from '../job/errors/index.ts';
import { type Logger } from '../job/logging/logger.ts';
import * as optionRule from '../job/options/option-rules.ts';
import { type OptionRules } from '../job/options/option-rules.ts';
import { checkQueue, type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { warningLogger } from '../job/logging/warning-logger.ts';
import { serverCheck, type UnsafeEviction, unsafeEvictionRule } from '../store/server/check-server.ts';
import { producerDefaults, unavailableRule } from '../job/defaults.ts';
import { telemetryRule } from '../job/tracing/queue-tracer.ts';
import type { RedisInput } from '../store/connection/redis-input.ts';
import { Producer } from './producer.ts';
import { ProducerResources } from './producer-resources.ts';

export interface ConnectProducerOptions {
  /**
   * Where Redis is: an address, several of a Redis Cluster, ioredis options, or an ioredis client. A client is duplicated, and
   * the caller still has to close it. The producer opens up to two connections.
   */
  redis: RedisInput;
  /** @default no logs; what must not go unnoticed becomes a warning of the process, see docs/operations.md */
  logger?: Logger;
  /**
   * How long a call may take while Redis is away, before it rejects, 50 to 86,400,000 ms. However long: a put whose answer
   * was lost is sent again for 10 s only, as long as Redis keeps answers for sure, and rejects with PutUnknownError then.
   *
   * @default 5_000
   */
  unavailableMs?: number;
  /**
   * The share of Redis's `maxmemory` above which puts are refused early with the reason `memory`, or wait on; above 0, up
   * to 1. With 1 there is only the exact guard: Redis itself refuses puts at its `maxmemory`. Looked at once
   * a second while this producer puts, so it is early, not exact.
   *
   * @default 0.95
   */
  memoryWatermark?: number;
  /**
   * What to do when Redis's `maxmemory-policy` is another than `noeviction`, so that it may delete jobs: `warn` in the log,
   * or `refuse` to connect. Looked at once, at the first connect.
   *
   * @default 'warn'
   */
  unsafeEviction?: UnsafeEviction;
  /**
   * For tools that put into a queue of others, such as the command line: the definition is not the queue's own. Its capacity
   * counts only while the queue has none, and its jobs state no version, so that a worker reads a payload as one of its
   * contract's current version.
   *
   * @default false
   */
  asGuest?: boolean;
  /**
   * Follows puts in traces: what BullMQ's `Queue` takes under the same name, such as `new BullMQOtel(…)` of `bullmq-otel`. The
   * context of a put is stored with its job, for our pools and for BullMQ's workers. See docs/tracing.md.
   *
   * @default none
   */
  telemetry?: Telemetry;
  /**
   * Work with a BullMQ whose scripts were not tested with this version of Sluice. Without it an unknown minor version is
   * refused, because admission stands on the texts of BullMQ's scripts. See docs/bullmq-compatibility.md.
   *
   * @default false
   */
  allowUntestedBullmq?: boolean;
}

const producerRules = {
  redis: optionRule.anything,
  logger: optionRule.logger,
  unavailableMs: unavailableRule,
  memoryWatermark: {
    must: 'be above 0 and at most 1',
    holds: (value) => typeof value === 'number' && value > 0 && value <= 1,
  },
  unsafeEviction: unsafeEvictionRule,
  asGuest: optionRule.yesOrNo,
  telemetry: telemetryRule,
  allowUntestedBullmq: optionRule.yesOrNo,
} satisfies OptionRules<ConnectProducerOptions>;

/**
 * Connects to a queue in order to put jobs into it. Opens one connection, and a second one while results are awaited or
 * puts wait for capacity; on a Redis Cluster each is one to the queue's master, and one to a node that is asked about the
 * cluster.
 *
 * @throws RedisUnavailableError when Redis is not ready within `unavailableMs`; RedisUnsuitableError when it is too
 * old, or may evict jobs and `unsafeEviction` is `refuse`
 * @throws DefinitionError when an option is out of its range, or unknown, or the installed BullMQ was not tested
 */
export async function connectProducer<Q extends QueueDefinition>(
  queue: Q,
  options: ConnectProducerOptions,
): Promise<Producer<Q>> {
  checkQueue('connectProducer', queue);
  checkOptions('producer', producerRules, options, DefinitionError);
  const { redis, logger = warningLogger(), asGuest: isGuest = false, allowUntestedBullmq = false } = options;
  const { unavailableMs = producerDefaults.unavailableMs, memoryWatermark = producerDefaults.memoryWatermark } =
    options;
  const check = serverCheck(logger, options.unsafeEviction);
  const { telemetry } = options;
  const settings = { redis, logger, check, unavailableMs, memoryWatermark, isGuest, allowUntestedBullmq, telemetry };
  const resources = new ProducerResources(queue, settings);
  await resources.start();
  return new Producer(resources);
}
