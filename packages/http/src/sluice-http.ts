import type { FastifyInstance } from 'fastify';
import type { AllQueues, ConnectProducerOptions } from '@sluice/queue';
import type { Logger } from '@sluice/queue/logging';
import { DefinitionError, limits, type QueueDefinition } from '@sluice/queue/contracts';
import { KeyRing } from './auth/key-ring.ts';
import { connectOperator, connectQueues } from './connect-queues.ts';
import { addHttpApi, type HttpApiOptions } from './http-api.ts';
import type { JobQueueClient, ServedQueue } from './routes/served-queues.ts';
import { refuseUnknownRoutes } from './routes/unknown-routes.ts';

/** Options of {@link sluiceHttp}: either `producers`, or `queues` and `redis`. */
export interface SluiceHttpOptions extends HttpApiOptions, Partial<Omit<ConnectProducerOptions, 'logger'>> {
  /**
   * Producers of the queues to serve. They stay yours to close, after the server.
   *
   * @default none: the plugin connects to `queues`
   */
  readonly producers?: readonly (JobQueueClient & { readonly queue: QueueDefinition })[];
  /**
   * The queues to serve, over connections of the plugin's own: opened when it is registered, and closed with the server.
   *
   * @default none: the queues of `producers`
   */
  readonly queues?: readonly QueueDefinition[];
  /**
   * Whether requests need an API key: `keys` always, `none` never, because your own hooks say who may come here. Keys are read from
   * `redis`, those of the first queue's prefix.
   *
   * @default 'none'
   */
  readonly auth?: 'keys' | 'none';
}

/**
 * A Fastify plugin: the HTTP API of these queues, in its own scope. Its hooks, its parser and its errors are no other route's.
 *
 * ```ts
 * await app.register(sluiceHttp, { queues: [emails], redis: process.env.REDIS_URL, prefix: '/jobs' });
 * ```
 *
 * @throws DefinitionError when neither or both of `producers` and `queues` are given, or `operator`, `console` or `auth` without
 *   `redis`; RedisUnavailableError
 */
export async function sluiceHttp(app: FastifyInstance, options: SluiceHttpOptions): Promise<void> {
  const { served, all } = await openQueues(app, options);
  const keys = options.auth === 'keys' && all ? await KeyRing.open(all.apiKeys, app.log as Logger) : undefined;
  if (keys) app.addHook('onClose', async () => keys.close());
  if (app.prefix !== '') refuseUnknownRoutes(app); // elsewhere what is not ours is the server's own to answer
  warnOfShortIds(app);
  addHttpApi(app, { ...options, keys, registry: all, producers: served });
}

interface OpenedQueues {
  readonly served: readonly ServedQueue[];
  /** All of their Redis, where operators or API keys need it. */
  readonly all?: AllQueues | undefined;
}

async function openQueues(app: FastifyInstance, options: SluiceHttpOptions): Promise<OpenedQueues> {
  const { producers, queues, redis } = options;
  if (producers && !queues) return serveProducers(app, producers, options);
  if (!queues || producers || redis === undefined)
    throw new DefinitionError('sluiceHttp: give it either producers, or queues and redis');
  const { unavailableMs, memoryWatermark, unsafeEviction, allowUntestedBullmq, telemetry } = options;
  const connect = {
    redis,
    logger: app.log as Logger,
    ...(unavailableMs !== undefined && { unavailableMs }),
    ...(memoryWatermark !== undefined && { memoryWatermark }),
    ...(unsafeEviction !== undefined && { unsafeEviction }),
    ...(telemetry && { telemetry }),
    ...(allowUntestedBullmq !== undefined && { allowUntestedBullmq }),
  };
  const connected = await connectQueues(queues, connect, needsAdmin(options));
  app.addHook('onClose', () => connected.close());
  return { served: connected.queues, all: connected.all };
}

async function serveProducers(
  app: FastifyInstance,
  producers: NonNullable<SluiceHttpOptions['producers']>,
  options: SluiceHttpOptions,
): Promise<OpenedQueues> {
  const { redis } = options;
  const served = producers.map((producer) => ({ queue: producer.queue, producer }));
  if (!needsAdmin(options)) return { served };
  if (redis === undefined)
    throw new DefinitionError(
      'sluiceHttp: with producers and operator, console or auth, give it redis, too: operators and keys have a connection of their own',
    );
  const all = await connectOperator({ redis, logger: app.log as Logger }, producers[0]?.queue.prefix);
  app.addHook('onClose', () => all.close());
  return { served: served.map((each) => ({ ...each, admin: all.get(each.queue) })), all };
}

function needsAdmin({ operator = false, console = false, auth = 'none' }: SluiceHttpOptions): boolean {
  return operator || console || auth === 'keys';
}

/** Fastify finds no route for a parameter that is longer than it allows. */
function warnOfShortIds(app: FastifyInstance): void {
  const { routerOptions, maxParamLength = routerOptions?.maxParamLength ?? 100 } = app.initialConfig;
  if (maxParamLength < limits.jobIdMaxBytes)
    app.log.warn(
      { maxParamLength },
      `job ids above ${maxParamLength} characters are not found: set routerOptions.maxParamLength`,
    );
}
