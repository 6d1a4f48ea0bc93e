import type { FastifyInstance } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectProducerOptions, type QueueDefinition, type RedisInput } from '@sluice/queue';
import { Lifecycle, type LifecycleState } from '@sluice/queue/lifecycle';
import type { Logger } from '@sluice/queue/logging';
import { buildServer } from './build-server.ts';
import type { HttpApiOptions } from './http-api.ts';
import { type ConnectedQueues, connectQueues } from './connect-queues.ts';

export interface HttpServiceOptions
  extends HttpApiOptions, Pick<ConnectProducerOptions, 'unsafeEviction' | 'allowUntestedBullmq'> {
  /** The queues that it serves. */
  readonly queues: readonly QueueDefinition[];
  /** Where Redis is. */
  readonly redis: RedisInput;
  /** Its log, a line for each request included. */
  readonly logger: Logger;
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 chooses a free one. */
  readonly port: number;
  /** How long running requests may take to end once it has stopped listening, in milliseconds. Then they are cut off. */
  readonly drainMs: number;
}

/** The HTTP API as a server of its own, with its connections to Redis, from start to stop. */
export class HttpService {
  readonly #options: HttpServiceOptions;
  readonly #leaving = new AbortController();
  readonly #lifecycle = new Lifecycle({ start: (signal) => this.#start(signal), stop: () => this.#stop() });
  #connected: ConnectedQueues | undefined;
  #server: FastifyInstance | undefined;
  #url: string | undefined;

  constructor(options: HttpServiceOptions) {
    this.#options = options;
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

  /** Where it is between its start and its stop. */
  get state(): LifecycleState {
    return this.#lifecycle.state;
  }

  /** `http://host:port` once started. */
  get url(): string | undefined {
    return this.#url;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const {
      queues,
      redis,
      logger,
      unsafeEviction = 'warn',
      allowUntestedBullmq = false,
      operator = false,
    } = this.#options;
    const connecting = connectQueues(queues, { redis, logger, unsafeEviction, allowUntestedBullmq }, operator);
    this.#connected = await unlessStopped(connecting, signal);
    const { host, port } = this.#options;
    this.#server = buildServer({ ...this.#options, producers: this.#connected.queues, leaving: this.#leaving.signal });
    this.#url = await this.#server.listen({ host, port, listenTextResolver: (address) => `listening on ${address}` });
  }

  async #stop(): Promise<void> {
    try {
      await this.#closeServer();
    } finally {
      // The connections go last: running requests still need them.
      await this.#connected?.close();
    }
  }

  async #closeServer(): Promise<void> {
    const { drainMs, logger } = this.#options;
    const cut = setTimeout(() => {
      logger.warn({ drainMs }, 'requests still run after the drain: cutting them off');
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
async function unlessStopped(connecting: Promise<ConnectedQueues>, signal: AbortSignal): Promise<ConnectedQueues> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onStop = (): void => reject(signal.reason);
  signal.addEventListener('abort', onStop);
  try {
    return await Promise.race([connecting, stopped]);
  } catch (error) {
    if (signal.aborted)
      connecting.then(
        (connected) => connected.close(),
        () => undefined,
      );
    throw error;
  } finally {
    signal.removeEventListener('abort', onStop);
  }
}
