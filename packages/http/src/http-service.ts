import type { FastifyInstance } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectProducerOptions, type QueueDefinition, type RedisInput } from '@sluice/queue';
import { Lifecycle, type LifecycleState } from '@sluice/queue/lifecycle';
import { DefinitionError } from '@sluice/queue/contracts';
import type { Logger } from '@sluice/queue/logging';
import { KeyRing } from './auth/key-ring.ts';
import { buildServer } from './build-server.ts';
import type { HttpApiOptions } from './http-api.ts';
import { type ConnectedQueues, connectQueues } from './connect-queues.ts';
import { isLoopback } from './requests/allowed-hosts.ts';

export interface HttpServiceOptions
  extends HttpApiOptions, Pick<ConnectProducerOptions, 'unsafeEviction' | 'allowUntestedBullmq' | 'telemetry'> {
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
  /**
   * Whether requests need an API key: `keys` always, `none` never, because only trusted clients reach the address, `auto` once anybody has
   * made one; until then it listens on a loopback address only.
   *
   * @default 'auto'
   */
  readonly auth?: HttpAuth;
  /** How long running requests may take to end once it has stopped listening, in milliseconds. Then they are cut off. */
  readonly drainMs: number;
}

/** Whether requests need an API key; see {@link HttpServiceOptions.auth}. */
export type HttpAuth = 'auto' | 'keys' | 'none';

/** The HTTP API as a server of its own, with its connections to Redis, from start to stop. */
export class HttpService {
  readonly #options: HttpServiceOptions;
  readonly #leaving = new AbortController();
  readonly #lifecycle = new Lifecycle({ start: (signal) => this.#start(signal), stop: () => this.#stop() });
  #connected: ConnectedQueues | undefined;
  #keys: KeyRing | undefined;
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
      console = false,
      auth = 'auto',
      telemetry,
    } = this.#options;
    const administers = operator || console || auth !== 'none';
    const options = { redis, logger, unsafeEviction, allowUntestedBullmq, ...(telemetry && { telemetry }) };
    const connecting = connectQueues(queues, options, administers);
    this.#connected = await unlessStopped(connecting, signal);
    await this.#openKeys(this.#connected);
    const { host, port } = this.#options;
    const access = { keys: this.#keys, isOpenAtFirst: auth === 'auto', registry: this.#connected.all };
    const { queues: producers } = this.#connected;
    this.#server = buildServer({ ...this.#options, ...access, producers, leaving: this.#leaving.signal });
    this.#url = await this.#server.listen({ host, port, listenTextResolver: (address) => `listening on ${address}` });
  }

  /** @throws DefinitionError when strangers could use the service without a key */
  async #openKeys({ all }: ConnectedQueues): Promise<void> {
    const { auth = 'auto', host, logger } = this.#options;
    if (auth === 'none' || !all) return;
    this.#keys = await KeyRing.open(all.apiKeys, logger);
    if (auth === 'keys' || !this.#keys.isEmpty || isLoopback(host)) return;
    throw new DefinitionError(
      `no API key exists yet, and other machines may reach ${host}: make one with \`sluice keys add\`, or set SLUICE_HTTP_AUTH=none (auth: 'none') where only clients that you trust reach it`,
    );
  }

  async #stop(): Promise<void> {
    try {
      await this.#closeServer();
    } finally {
      this.#keys?.close();
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
