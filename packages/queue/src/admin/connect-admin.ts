import { nameOption } from '../job/contracts/name.ts';
import { type QueueDefinition, queueDefaults } from '../job/contracts/queue-policy.ts';
import { producerDefaults, unavailableRule } from '../job/defaults.ts';
import { DefinitionError } from '../job/errors/index.ts';
import { type Logger } from '../job/logging/logger.ts';
import { warningLogger } from '../job/logging/warning-logger.ts';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRules } from '../job/options/option-rules.ts';
import { RedisConnection } from '../store/connection/redis-connection.ts';
import type { RedisInput } from '../store/connection/redis-input.ts';
import { serverCheck } from '../store/server/check-server.ts';
import { Admin } from './admin.ts';
import { administeredQueue, type QueueName } from './administered-queue.ts';
import { AllQueues } from './all-queues.ts';

export interface ConnectAdminOptions {
  /** Where Redis is, as of `connectProducer`. Opens one connection. */
  redis: RedisInput;
  /** @default no logs; what must not go unnoticed becomes a warning of the process, see docs/operations.md */
  logger?: Logger;
  /**
   * How long a call may take while Redis is away, before it rejects, 50 to 86,400,000 ms.
   *
   * @default 5_000
   */
  unavailableMs?: number;
  /**
   * Let `obliterate` work with a BullMQ whose scripts were not tested with this version of Sluice.
   *
   * @default false
   */
  allowUntestedBullmq?: boolean;
}

export interface ConnectAllQueuesOptions extends ConnectAdminOptions {
  /**
   * What the Redis keys of the queues start with.
   *
   * @default `bull`
   */
  prefix?: string;
}

const adminRules = {
  redis: optionRule.anything,
  logger: optionRule.logger,
  unavailableMs: unavailableRule,
  allowUntestedBullmq: optionRule.yesOrNo,
} satisfies OptionRules<ConnectAdminOptions>;

const allQueuesRules = { ...adminRules, prefix: nameOption } satisfies OptionRules<ConnectAllQueuesOptions>;

/**
 * Connects to a queue in order to look at it and to change what holds for all of it: by its definition, or by its name alone.
 *
 * ```ts
 * await using admin = await connectAdmin({ name: 'emails' }, { redis });
 * await admin.setCapacity(5_000);
 * ```
 *
 * @throws RedisUnavailableError when Redis is not ready within `unavailableMs`; RedisUnsuitableError when it is too old
 * @throws DefinitionError when the name or an option is out of its range, or unknown
 */
export async function connectAdmin(queue: QueueDefinition | QueueName, options: ConnectAdminOptions): Promise<Admin> {
  const administered = administeredQueue(queue);
  const connection = await connect('admin', adminRules, options);
  const { allowUntestedBullmq = false } = options;
  const close = (): Promise<void> => connection.close();
  return new Admin({ queue: administered, connection, closing: new AbortController(), allowUntestedBullmq, close });
}

/**
 * Connects to all queues of one Redis under one prefix, over one connection.
 *
 * ```ts
 * await using queues = await connectAllQueues({ redis });
 * for (const name of (await queues.find()).names) console.log(name, await queues.get(name).stats());
 * ```
 *
 * @throws as {@link connectAdmin} does
 */
export async function connectAllQueues(options: ConnectAllQueuesOptions): Promise<AllQueues> {
  const connection = await connect('all queues', allQueuesRules, options);
  const { prefix = queueDefaults.prefix, allowUntestedBullmq = false } = options;
  return new AllQueues({ prefix, connection, allowUntestedBullmq });
}

async function connect(what: string, rules: OptionRules, options: ConnectAdminOptions): Promise<RedisConnection> {
  checkOptions(what, rules, options, DefinitionError);
  const { redis, logger = warningLogger(), unavailableMs = producerDefaults.unavailableMs } = options;
  const connection = new RedisConnection(redis, { logger, unavailableMs, check: serverCheck(logger) });
  try {
    await connection.connect();
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
}
