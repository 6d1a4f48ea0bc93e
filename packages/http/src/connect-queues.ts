import {
  type AllQueues,
  connectAllQueues,
  connectProducer,
  type ConnectProducerOptions,
  type Producer,
  type QueueDefinition,
} from '@sluice/queue';
import type { ServedQueue } from './routes/served-queues.ts';

/** Queues whose connections are this process's own to close. */
export interface ConnectedQueues {
  readonly queues: readonly ServedQueue[];
  /** All of this Redis, where operators or API keys need it. */
  readonly all?: AllQueues | undefined;
  close(): Promise<void>;
}

/**
 * Connects to all queues, or to none: when one fails, the others are closed again. With `administer` over one connection more, for what
 * is done with any of them.
 *
 * @throws RedisUnavailableError within 5 s when Redis does not answer; RedisUnsuitableError
 */
export async function connectQueues(
  queues: readonly QueueDefinition[],
  options: ConnectProducerOptions,
  administer: boolean,
): Promise<ConnectedQueues> {
  const producing = queues.map((queue) => connectProducer(queue, options));
  const administering = administer ? [connectOperator(options, queues[0]?.prefix)] : [];
  // All at once: what rejects while only the others are awaited would end the process.
  const opened = await Promise.allSettled([...producing, ...administering]);
  const connected = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const close = async (): Promise<void> => void (await Promise.all(connected.map((each) => each.close())));
  if (connected.length < opened.length) await close();
  const [all] = await Promise.all(administering);
  const producers = await Promise.all(producing);
  return { queues: producers.map((producer) => servedQueue(producer, all)), all, close };
}

/** The administration of queues of any prefix, and the API keys under this one, over one connection. */
export function connectOperator(
  { redis, logger, unavailableMs }: ConnectProducerOptions,
  prefix?: string,
): Promise<AllQueues> {
  return connectAllQueues({
    redis,
    ...(prefix !== undefined && { prefix }),
    ...(logger !== undefined && { logger }),
    ...(unavailableMs !== undefined && { unavailableMs }),
  });
}

function servedQueue(producer: Producer<QueueDefinition>, all: AllQueues | undefined): ServedQueue {
  const { queue } = producer;
  return { queue, producer, sharesRedis: true, ...(all && { admin: all.get(queue) }) };
}
