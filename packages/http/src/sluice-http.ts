import type { FastifyInstance } from 'fastify';
import type { ConnectProducerOptions } from '@sluice/queue';
import type { Logger } from '@sluice/queue/logging';
import { DefinitionError, limits, type QueueDefinition } from '@sluice/queue/contracts';
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
}

/**
 * A Fastify plugin: the HTTP API of these queues, in its own scope. Its hooks, its parser and its errors are no other route's.
 *
 * ```ts
 * await app.register(sluiceHttp, { queues: [emails], redis: process.env.REDIS_URL, prefix: '/jobs' });
 * ```
 *
 * @throws DefinitionError when neither or both of `producers` and `queues` are given, or `operator` without `redis`;
 *   RedisUnavailableError
 */
export async function sluiceHttp(app: FastifyInstance, options: SluiceHttpOptions): Promise<void> {
  const served = await openQueues(app, options);
  if (app.prefix !== '') refuseUnknownRoutes(app); // elsewhere what is not ours is the server's own to answer
  warnOfShortIds(app);
  addHttpApi(app, { ...options, producers: served });
}

async function openQueues(app: FastifyInstance, options: SluiceHttpOptions): Promise<readonly ServedQueue[]> {
  const { producers, queues, redis, operator = false } = options;
  if (producers && !queues) return serveProducers(app, producers, options);
  if (!queues || producers || redis === undefined)
    throw new DefinitionError('sluiceHttp: give it either producers, or queues and redis');
  const { unavailableMs, memoryWatermark, unsafeEviction, allowUntestedBullmq } = options;
  const connect = {
    redis,
    logger: app.log as Logger,
    ...(unavailableMs !== undefined && { unavailableMs }),
    ...(memoryWatermark !== undefined && { memoryWatermark }),
    ...(unsafeEviction !== undefined && { unsafeEviction }),
    ...(allowUntestedBullmq !== undefined && { allowUntestedBullmq }),
  };
  const connected = await connectQueues(queues, connect, operator);
  app.addHook('onClose', () => connected.close());
  return connected.queues;
}

async function serveProducers(
  app: FastifyInstance,
  producers: NonNullable<SluiceHttpOptions['producers']>,
  { operator, redis }: SluiceHttpOptions,
): Promise<readonly ServedQueue[]> {
  const served = producers.map((producer) => ({ queue: producer.queue, producer }));
  if (!operator) return served;
  if (redis === undefined)
    throw new DefinitionError(
      'sluiceHttp: with operator and producers, give it redis, too: operators have a connection of their own',
    );
  const queues = await connectOperator({ redis, logger: app.log as Logger });
  app.addHook('onClose', () => queues.close());
  return served.map((each) => ({ ...each, admin: queues.get(each.queue) }));
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
