import type { Telemetry } from 'bullmq';
import { type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { QueueClosedError, RedisUnavailableError } from '../job/errors/index.ts';
import { Lifecycle, type LifecycleState } from '../job/lifecycle/lifecycle.ts';
import { type Logger } from '../job/logging/logger.ts';
import { outsideContext } from '../job/outside-context.ts';
import type { BoundedBackend } from '../store/backend/bounded-backend.ts';
import { openBackend } from '../store/backend/open-backend.ts';
import { RedisClock } from '../store/connection/redis-clock.ts';
import {
  RedisConnection,
  type RedisConnectionOptions,
  type RedisOperation,
} from '../store/connection/redis-connection.ts';
import type { RedisInput } from '../store/connection/redis-input.ts';
import { STREAM_BLOCK_MS, StreamReader } from '../store/connection/stream-reader.ts';
import { QueueTracer } from '../job/tracing/queue-tracer.ts';
import { metaKey, sluiceKeys } from '../store/keys/queue-keys.ts';
import { HistoryRecorder } from '../store/history/history-recorder.ts';
import { writeHistory } from '../store/history/queue-history.ts';
import { EndedJobWaiter } from '../store/results/ended-job-waiter.ts';
import { QueueEvents } from '../store/results/queue-events.ts';
import { RedisMemoryMonitor } from '../store/server/redis-memory-monitor.ts';
import { nameProducer } from '../store/waiters/producer-name.ts';
import { FlowPuts } from './flow/flow-puts.ts';
import { ProducerEmitter } from './producer-events.ts';
import { PutTracer } from './put-tracer.ts';
import { PutBatcher } from './put-batcher.ts';

export interface ProducerResourcesOptions {
  readonly redis: RedisInput;
  readonly logger: Logger;
  /** Looks at the server before anything else is done with it. */
  readonly check: NonNullable<RedisConnectionOptions['check']>;
  readonly unavailableMs: number;
  readonly memoryWatermark: number;
  /** The queue is that of others: see `asGuest` of `connectProducer`. */
  readonly isGuest: boolean;
  readonly allowUntestedBullmq: boolean;
  readonly telemetry?: Telemetry | undefined;
}

/** What is there while a producer is connected. */
interface Connected {
  readonly isGuest: boolean;
  readonly connection: RedisConnection;
  readonly backend: BoundedBackend;
  readonly clock: RedisClock;
  readonly batcher: PutBatcher;
  readonly flows: FlowPuts;
  readonly history: HistoryRecorder;
  readonly endedJobs: EndedJobWaiter;
  readonly queueEvents: QueueEvents;
  /** Reads results and wake-ups, over a second connection that it opens when needed. */
  readonly reader: StreamReader;
}

/** The connections of a producer and what works over them, from the connect to the close. */
export class ProducerResources<Q extends QueueDefinition> {
  readonly queue: Q;
  readonly events: ProducerEmitter;
  /** Absent without telemetry. */
  readonly tracer: PutTracer | undefined;
  readonly #options: ProducerResourcesOptions;
  readonly #lifecycle: Lifecycle;
  readonly #closing = new AbortController();
  #connection: RedisConnection | undefined;
  #clock: RedisClock | undefined;
  #connected: Connected | undefined;

  constructor(queue: Q, options: ProducerResourcesOptions) {
    this.queue = queue;
    this.#options = options;
    const { logger, telemetry } = options;
    this.events = new ProducerEmitter(logger);
    const onFault = (error: unknown): void => logger.error({ err: error }, 'the telemetry failed');
    this.tracer = telemetry && new PutTracer(new QueueTracer({ telemetry, queue: queue.name, onFault }));
    this.#lifecycle = new Lifecycle({
      resource: { name: `producer of queue ${queue.name}`, stop: () => this.stop() },
      start: () => this.#connect(),
      stop: () => this.#close(),
    });
  }

  get state(): LifecycleState {
    return this.#lifecycle.state;
  }

  /** Aborts with QueueClosedError as soon as `stop` is called. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** @throws TypeError before the start is complete */
  get connected(): Connected {
    if (!this.#connected) throw new TypeError('the producer is not connected yet');
    return this.#connected;
  }

  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  /** Refuses puts that wait, lets those that were sent end, and disconnects. */
  stop(): Promise<void> {
    if (!this.closing.aborted)
      this.#closing.abort(new QueueClosedError(this.queue.name, 'the producer is closed: connect another'));
    return this.#lifecycle.stop();
  }

  /** Calls Redis, unless the producer is closed, or is closed meanwhile. */
  async call<T>(operation: RedisOperation<T>): Promise<T> {
    this.closing.throwIfAborted();
    try {
      return await this.connected.connection.call(operation);
    } catch (error) {
      if (error instanceof RedisUnavailableError) this.closing.throwIfAborted();
      throw error;
    }
  }

  async #connect(): Promise<void> {
    const { queue } = this;
    const { redis, logger, check, unavailableMs, memoryWatermark: watermark } = this.#options;
    const { isGuest, allowUntestedBullmq } = this.#options;
    const connection = new RedisConnection(redis, { logger, check, unavailableMs });
    this.#connection = connection;
    const clock = new RedisClock({ key: metaKey(queue), logger });
    this.#clock = clock;
    const backend = await outsideContext(() => openBackend(queue, connection, { clock, allowUntestedBullmq, isGuest }));
    const producer = nameProducer();
    const openStream = (): RedisConnection => new RedisConnection(redis, { unavailableMs, blockMs: STREAM_BLOCK_MS });
    const reader: StreamReader = new StreamReader(openStream, {
      key: backend.toKey(`${sluiceKeys.wake}${producer}`),
      onWakeUp: () => {
        batcher.wake();
        flows.wake();
      },
      wake: () => backend.wakeProducer(producer),
    });
    const waits = { puts: false, flows: false };
    const onWaiting = (which: keyof typeof waits) => (waiting: boolean) => {
      waits[which] = waiting;
      reader.listen(waits.puts || waits.flows);
    };
    const history = new HistoryRecorder((records) =>
      connection.call((client) => writeHistory(client, backend.keys, records)),
    );
    const deps = {
      queue,
      connection,
      backend,
      memory: new RedisMemoryMonitor({ watermark, readInfo: () => connection.client.info('memory') }),
      producer,
      history,
      events: this.events,
      isWoken: () => reader.isListening,
    };
    const batcher = new PutBatcher({ ...deps, onWaiting: onWaiting('puts') });
    const flows = new FlowPuts({ ...deps, onWaiting: onWaiting('flows') });
    const endedJobs = new EndedJobWaiter(connection, backend.toKey(''), reader);
    const queueEvents = new QueueEvents(connection, backend.toKey(''), reader);
    await reader.start();
    this.#connected = { isGuest, connection, backend, clock, batcher, flows, endedJobs, queueEvents, reader, history };
  }

  /** Puts first, while there is a connection for those that were sent; the connection last. */
  async #close(): Promise<void> {
    const reason = this.closing.reason as Error;
    await this.#connected?.batcher.close(reason);
    await this.#connected?.history.close();
    this.#connected?.endedJobs.close(reason);
    await this.#connected?.reader.stop();
    this.#clock?.stop();
    await this.#connected?.backend.leaveCapacity();
    await this.#connection?.close();
  }
}
