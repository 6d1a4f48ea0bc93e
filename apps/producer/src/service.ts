import type { FastifyInstance } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  connectProducer,
  type ConnectProducerOptions,
  type Producer,
  type QueueDefinition,
  redisWithCa,
} from '@sluice/queue';
import { Lifecycle, type LifecycleState } from '@sluice/queue/lifecycle';
import type { Logger } from '@sluice/queue/logging';
import { shippedQueue } from '@sluice/shared';
import type { ProducerConfig } from './config.ts';
import { buildServer } from './server.ts';
import type { ServedQueue } from './routes/served-queues.ts';

/** The HTTP API and its connections to Redis, from start to stop. */
export class ProducerService {
  readonly #config: ProducerConfig;
  readonly #logger: Logger;
  readonly #leaving = new AbortController();
  readonly #lifecycle = new Lifecycle({ start: (signal) => this.#start(signal), stop: () => this.#stop() });
  #queues: ConnectedQueue[] = [];
  #server: FastifyInstance | undefined;
  #url: string | undefined;

  constructor(config: ProducerConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
  }

  /**
   * Connects, then listens.
   *
   * @throws RedisUnavailableError within 5 s when Redis does not answer
   */
  start(): Promise<void> {
    return this.#lifecycle.start();
  }

  /**
   * Says that it is leaving, and goes on answering for `delayMs`; then takes nothing new, lets running requests end for as long as
   * the drain lasts, and closes.
   */
  async stop(delayMs = 0): Promise<void> {
    this.#leaving.abort();
    if (this.#lifecycle.state === 'running' && delayMs > 0) await sleep(delayMs);
    await this.#lifecycle.stop();
  }

  get state(): LifecycleState {
    return this.#lifecycle.state;
  }

  /** `http://host:port` once started. */
  get url(): string | undefined {
    return this.#url;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { host, port, redisUrl, redisCaFile, unsafeEviction, allowUntestedBullmq } = this.#config;
    const redis = redisWithCa(redisUrl, redisCaFile);
    const logger = this.#logger;
    const connecting = connectQueues([shippedQueue(this.#config)], {
      redis,
      logger,
      unsafeEviction,
      allowUntestedBullmq,
    });
    this.#queues = await unlessStopped(connecting, signal);
    this.#server = buildServer({ ...this.#config, producers: this.#queues, logger, leaving: this.#leaving.signal });
    this.#url = await this.#server.listen({ host, port, listenTextResolver: (address) => `listening on ${address}` });
  }

  async #stop(): Promise<void> {
    try {
      await this.#closeServer();
    } finally {
      // The producers go last: running requests still need them.
      await closeQueues(this.#queues);
    }
  }

  async #closeServer(): Promise<void> {
    const { drainMs } = this.#config;
    const cut = setTimeout(() => {
      this.#logger.warn({ drainMs }, 'requests still run after the drain: cutting them off');
      this.#server?.server.closeAllConnections();
    }, drainMs);
    try {
      await this.#server?.close();
    } finally {
      clearTimeout(cut);
    }
  }
}

/** A stop during the start does not wait for a Redis that is away: connections that come up afterwards are closed again. */
async function unlessStopped(connecting: Promise<ConnectedQueue[]>, signal: AbortSignal): Promise<ConnectedQueue[]> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onStop = (): void => reject(signal.reason);
  signal.addEventListener('abort', onStop);
  try {
    return await Promise.race([connecting, stopped]);
  } catch (error) {
    if (signal.aborted) connecting.then(closeQueues, () => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', onStop);
  }
}

async function closeQueues(queues: readonly ConnectedQueue[]): Promise<void> {
  await Promise.all(queues.map(({ producer }) => producer.close()));
}

/** A queue whose connection is this process's own to close. */
interface ConnectedQueue extends ServedQueue {
  readonly producer: Producer<QueueDefinition>;
}

/**
 * Connects to all queues, or to none: when one fails, those before it are closed again.
 *
 * @throws RedisUnavailableError within 5 s when Redis does not answer; RedisUnsuitableError
 */
async function connectQueues(
  queues: readonly QueueDefinition[],
  options: ConnectProducerOptions,
): Promise<ConnectedQueue[]> {
  await using opened = new AsyncDisposableStack();
  const connected: ConnectedQueue[] = [];
  for (const queue of queues) {
    const producer = await connectProducer(queue, options);
    opened.use(producer);
    connected.push({ queue, producer });
  }
  opened.move();
  return connected;
}
