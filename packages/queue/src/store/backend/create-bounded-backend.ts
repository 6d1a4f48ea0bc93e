import type { BackendFactory, KeyPrefixOptions, QueueBaseOptions, RedisConnection as Connection } from 'bullmq';
import { isRedisInstance, RedisConnection } from '../bullmq.ts';
import { checkOptions } from '../../job/options/check-options.ts';
import { DefinitionError } from '../../job/errors/index.ts';
import * as optionRule from '../../job/options/option-rules.ts';
import { type OptionRules } from '../../job/options/option-rules.ts';
import { type QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { checkBackendConnection, ownConnection, waitingDuplicate } from '../connection/options/backend-connection.ts';
import type { RedisClock } from '../connection/redis-clock.ts';
import { BoundedBackend } from './bounded-backend.ts';
import { type CapacityDefinition, capacityDefinition, definitionOf } from '../capacity/capacity-definition.ts';

type BackendOptions = QueueBaseOptions & KeyPrefixOptions;

export interface BoundedBackendOptions {
  /**
   * The most unfinished jobs that each queue made with this factory may hold, at least 1. Waiting, prioritized, delayed
   * and running jobs count, and parents that wait for children.
   *
   * @default no bound, as in plain BullMQ
   */
  capacity?: number;
  /**
   * Which state of the definition this is, a whole number from 1: of two clients with different capacities the one with the
   * larger number is right.
   *
   * @default the one whose capacity connected first the later. See docs/queue-administration.md
   */
  revision?: number;
  /**
   * Work with a BullMQ whose scripts were not tested with this version of Sluice. Without it an unknown minor version is
   * refused, because admission relies on the texts of BullMQ's scripts. See docs/bullmq-compatibility.md.
   *
   * @default false
   */
  allowUntestedBullmq?: boolean;
}

const backendRules = {
  capacity: optionRule.wholeNumber(1),
  revision: optionRule.wholeNumber(1),
  allowUntestedBullmq: optionRule.yesOrNo,
} satisfies OptionRules<BoundedBackendOptions>;

/**
 * Gives a plain BullMQ queue a hard bound: `new Queue('mail', opts, createBoundedBackend({ capacity: 1_000 }))`.
 *
 * `add`, `addBulk`, flows, retries and new job schedulers reject with `QueueFullError` when there is no free capacity; `addBulk`
 * and flows are admitted whole or not at all, up to 1,000 jobs and 8 MiB in a call; a larger one rejects with
 * `CallTooLargeError`. Jobs that return from active to waiting never need capacity.
 *
 * @throws DefinitionError when the capacity is no whole number from 1, or the installed BullMQ was not tested. The factory
 * throws it for a connection with an option that would break the bound, such as `keyPrefix` or `stringNumbers`.
 */
export function createBoundedBackend(options: BoundedBackendOptions = {}): BackendFactory<BoundedBackend> {
  checkOptions('bounded backend', backendRules, options, DefinitionError);
  const { capacity, revision = null, allowUntestedBullmq = false } = options;
  const definition = capacity === undefined ? undefined : capacityDefinition(capacity, revision);
  return backendFactory(definition, allowUntestedBullmq);
}

export interface QueueBackendOptions {
  /**
   * The clock for the times of the queue's jobs.
   *
   * @default this machine's
   */
  readonly clock?: RedisClock | undefined;
  /** See {@link BoundedBackendOptions.allowUntestedBullmq}. */
  readonly allowUntestedBullmq: boolean;
  /**
   * For a client that adds to a queue of others.
   *
   * @default false
   */
  readonly isGuest?: boolean | undefined;
}

/** The backend of one of our own queues. */
export function queueBackend(
  queue: QueueDefinition,
  { clock, allowUntestedBullmq, isGuest }: QueueBackendOptions,
): BackendFactory<BoundedBackend> {
  return backendFactory(definitionOf(queue), allowUntestedBullmq, { clock, isGuest });
}

/** The backend of a client that only looks at a queue, and knows no capacity of it. */
export function visitingBackend(allowUntestedBullmq: boolean): BackendFactory<BoundedBackend> {
  return backendFactory(undefined, allowUntestedBullmq);
}

function backendFactory(
  definition: CapacityDefinition | undefined,
  allowUntestedBullmq: boolean,
  { clock, isGuest = false }: Pick<QueueBackendOptions, 'clock' | 'isGuest'> = {},
): BackendFactory<BoundedBackend> {
  return (name, opts, { blocking = false, withBlockingConnection = false } = {}) => {
    checkBackendConnection(opts.connection);
    return new BoundedBackend({
      name,
      opts,
      definition,
      clock,
      isGuest,
      allowUntestedBullmq,
      connection: mainConnection(opts, blocking),
      blockingConnection: withBlockingConnection ? blockingConnection(name, opts) : undefined,
    });
  };
}

/** A client that the caller handed in stays the caller's, unless it would be blocked: then a duplicate is used. */
function mainConnection(opts: BackendOptions, blocking: boolean): Connection {
  const given = opts.connection;
  const flags = { blocking, ...connectionFlags(opts) };
  if (!isRedisInstance(given))
    return new RedisConnection(ownConnection(given, { waits: blocking }), { shared: false, ...flags });
  return new RedisConnection(blocking ? waitingDuplicate(given) : given, { shared: !blocking, ...flags });
}

function blockingConnection(name: string, opts: BackendOptions): Connection {
  const given = opts.connection;
  const workerName = 'name' in opts && typeof opts.name === 'string' ? `:w:${opts.name}` : '';
  const connectionName = `${opts.prefix ?? 'bull'}:${Buffer.from(name).toString('base64')}${workerName}`;
  const own = isRedisInstance(given)
    ? waitingDuplicate(given, connectionName)
    : { ...ownConnection(given, { waits: true }), connectionName };
  return new RedisConnection(own, { shared: false, blocking: true, ...connectionFlags(opts) });
}

function connectionFlags(opts: BackendOptions): { skipVersionCheck?: boolean; skipWaitingForReady?: boolean } {
  const { skipVersionCheck, skipWaitingForReady } = opts;
  return {
    ...(skipVersionCheck === undefined ? {} : { skipVersionCheck }),
    ...(skipWaitingForReady === undefined ? {} : { skipWaitingForReady }),
  };
}
