import type { Telemetry } from 'bullmq';
import { hostname } from 'node:os';
import { packageVersion } from '#package-version';
import { checkOptions } from '../job/options/check-options.ts';
import { DefinitionError } from '../job/errors/index.ts';
import { checkQueue, type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { type WarningCode, warningLogger } from '../job/logging/warning-logger.ts';
import type { Logger } from '../job/logging/logger.ts';
import { withDefaults } from '../job/options/with-defaults.ts';
import { serverCheck } from '../store/server/check-server.ts';
import {
  bindHandlers,
  type HandlerRegistry,
  type PlainBatchHandler,
  type RegisteredHandlers,
} from '../job/handler/handler-registry.ts';
import { createHeldLeases } from '../leases/main/create-held-leases.ts';
import { metaKey } from '../store/keys/queue-keys.ts';
import { RedisClock } from '../store/connection/redis-clock.ts';
import { HistoryRecorder } from '../store/history/history-recorder.ts';
import { writeHistory } from '../store/history/queue-history.ts';
import { readStats } from '../store/stats/queue-stats.ts';
import { bullmqKeys } from '../store/keys/bullmq-keys.ts';
import { RedisConnection } from '../store/connection/redis-connection.ts';
import { contractsOf, type PoolDescription } from '../store/pools/pool-description.ts';
import { BullmqLeaseStore } from '../store/lease-store/bullmq-lease-store.ts';
import { type Clock, systemClock } from '../job/clock.ts';
import { LoopMonitor } from './loop-monitor.ts';
import { poolDefaults, type PoolTimings } from '../job/pool-defaults.ts';
import { POOL_RULES } from './pool-option-rules.ts';
import { QueueTracer } from '../job/tracing/queue-tracer.ts';
import { AttemptTracer } from '../attempt/attempt-tracer.ts';
import { PoolEmitter } from '../attempt/pool-events.ts';
import { logEvents } from './pool-log.ts';
import { namePool } from '../attempt/process-load.ts';
import { RunningPool, type RunningPoolDeps } from './running-pool.ts';
import { Slots } from '../job/slots.ts';
import { ThreadGroups } from '../threads/pool/thread-groups.ts';
import type { WorkerPool, WorkerPoolOptions } from './worker-pool.ts';

/**
 * Makes a pool of workers for a queue. It connects when it is started.
 *
 * @param handlers one handler for each contract of the queue, by the contract's name
 * @throws DefinitionError when a handler is missing or misplaced, the file of one that runs in threads is missing, or an option
 *   is out of its range
 */
export function createWorkerPool<const Q extends QueueDefinition>(
  queue: Q,
  handlers: HandlerRegistry<Q>,
  options: WorkerPoolOptions,
): WorkerPool {
  checkQueue('createWorkerPool', queue);
  checkOptions('worker pool', POOL_RULES, options, DefinitionError);
  const bound = bindHandlers(queue, handlers);
  const { concurrency, logger = warningLogger() } = options;
  const { capacity } = queue;
  if (concurrency >= capacity) {
    const warning = 'slots-above-capacity' satisfies WarningCode;
    logger.warn(
      { warning, queue: queue.name, concurrency, capacity },
      'the pool alone can hold as many jobs as the queue',
    );
  }
  for (const handler of bound.values())
    if ('handleBatch' in handler && handler.size > concurrency) warnOfSmallBatches(logger, queue, handler, concurrency);
  return assemblePool(queue, bound, { ...options, slots: new Slots(concurrency), takesAtWake: true }).pool;
}

function warnOfSmallBatches(
  logger: Logger,
  queue: QueueDefinition,
  { contract, size }: PlainBatchHandler,
  concurrency: number,
): void {
  logger.warn(
    { warning: 'batch-above-slots' satisfies WarningCode, queue: queue.name, job: contract.name, size, concurrency },
    'a batch handler gets at most as many jobs as the pool has slots',
  );
}

/** What a pool is made of, except its queue and its handlers. */
export interface PoolDeps extends Omit<WorkerPoolOptions, 'concurrency'>, Pick<RunningPoolDeps, 'onRunOver'> {
  slots: Slots;
  /** Whether a job may come with the word of it. Not where slots are opened by those who look for jobs themselves. */
  takesAtWake: boolean;
}

/** Puts the parts of a pool together. `host`: where its Redis is, for messages. */
export function assemblePool(
  queue: QueueDefinition,
  bound: RegisteredHandlers,
  options: PoolDeps,
): { pool: RunningPool; host: string } {
  const timings = timingsOf(options);
  const tokenPrefix = namePool();
  const name = options.name ?? `pool-${tokenPrefix.slice(0, 6)}${tokenPrefix.slice(tokenPrefix.indexOf('.'))}`;
  const log = (options.logger ?? warningLogger()).child({ pool: name, queue: queue.name });
  const events = new PoolEmitter();
  logEvents(events, log);
  const { unavailableMs = poolDefaults.commandMs } = options;
  const check = serverCheck(log, options.unsafeEviction);
  const commands = new RedisConnection(options.redis, { unavailableMs, check });
  const loopMonitor = new LoopMonitor({
    clock: systemClock,
    onBlocked: (ms) => events.emit('loopBlocked', { ms }),
  });
  const redisClock = new RedisClock({ key: metaKey(queue), logger: log, toleranceMs: timings.leaseMs });
  const clock: Clock = { ...systemClock, redisMs: () => redisClock.nowMs() };
  const store = new BullmqLeaseStore({
    queue,
    commands,
    clock: redisClock,
    waiting: new RedisConnection(options.redis, { unavailableMs, blockMs: poolDefaults.blockMs }),
    name,
    tokenPrefix,
    timings,
    allowUntestedBullmq: options.allowUntestedBullmq ?? false,
    log,
    ...(options.takesAtWake ? { readUpToMs: () => loopMonitor.readUpToMs } : {}),
    onFault: (error) => events.emit('fault', { where: 'the next iteration of a job scheduler', error }),
  });
  const description = describePool(name, queue, options);
  const threads = new ThreadGroups(bound, {
    queue,
    concurrency: options.slots.total,
    onFault: (job, error) => events.emit('fault', { where: `a thread of ${job} between two attempts`, error }),
  });
  const pool = new RunningPool({
    name,
    ...(options.takesAtWake ? { resource: `worker pool of queue ${queue.name}` } : {}),
    handlers: threads.handlers,
    threads,
    store,
    openLeases: (listener) =>
      createHeldLeases({
        queue,
        redis: options.redis,
        host: commands.host,
        tokenPrefix,
        description,
        timings,
        unavailableMs,
        listener,
      }),
    description,
    events,
    history: new HistoryRecorder((records) =>
      commands.call((client) => writeHistory(client, bullmqKeys(queue), records)),
    ),
    readStats: () => commands.call((client) => readStats(client, bullmqKeys(queue), queue)),
    slots: options.slots,
    // A caller that looks for jobs itself learns at once whether there are any.
    restsAtStart: options.takesAtWake,
    ...(options.onRunOver ? { onRunOver: options.onRunOver } : {}),
    drainMs: options.drainMs ?? poolDefaults.drainMs,
    timings,
    clock,
    tracer: options.telemetry && tracerOf(options.telemetry, { name, queue, events }),
    loopMonitor,
    random: Math.random,
    log,
  });
  return { pool, host: commands.host };
}

function tracerOf(telemetry: Telemetry, { name, queue, events }: TracedPool): AttemptTracer {
  const onFault = (error: unknown): void => events.emit('fault', { where: 'the telemetry', error });
  const attributes = { 'messaging.client.id': name };
  return new AttemptTracer(new QueueTracer({ telemetry, queue: queue.name, attributes, onFault }));
}

interface TracedPool {
  readonly name: string;
  readonly queue: QueueDefinition;
  readonly events: PoolEmitter;
}

function describePool(name: string, queue: QueueDefinition, { takesAtWake, slots }: PoolDeps): PoolDescription {
  return {
    name,
    kind: takesAtWake ? 'pool' : 'consumer',
    host: hostname(),
    pid: process.pid,
    version: packageVersion,
    startedAt: Date.now(),
    state: 'running',
    slots: takesAtWake ? slots.total : null,
    contracts: contractsOf(queue),
  };
}

/** @throws DefinitionError when a lease could run out between two renewals */
function timingsOf({ timings }: PoolDeps): PoolTimings {
  const { leaseMs, renewMs, sweepMs } = poolDefaults;
  const chosen = withDefaults<PoolTimings>({ leaseMs, renewMs, sweepMs }, timings);
  if (chosen.leaseMs >= 2 * chosen.renewMs) return chosen;
  throw new DefinitionError('worker pool: timings.leaseMs must be at least twice timings.renewMs');
}
