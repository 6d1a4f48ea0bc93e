import { HttpService } from '@sluice/http';
import { connectProducer, defineJob, defineQueue, type Producer, type QueueDefinition } from '@sluice/queue';
import { silentLogger } from '@sluice/queue/logging';
import { z } from 'zod';

/** A job of the queues that the tests show. */
export const send = defineJob({
  name: 'email.send',
  payload: z.object({ to: z.string(), text: z.string().optional() }),
  result: z.object({ accepted: z.boolean() }),
  timeoutMs: 300_000,
  retry: { attempts: 1 },
});

/** A queue of it. */
export function emailQueue(name: string, prefix: string, capacity = 10) {
  return defineQueue({ name, jobs: [send], capacity, prefix });
}

/** The console over these queues, and a producer of each. */
export async function startConsole<Q extends QueueDefinition>(
  redis: string,
  queues: readonly Q[],
  { operator = true }: { operator?: boolean } = {},
): Promise<{ url: string; producers: readonly Producer<Q>[] } & AsyncDisposable> {
  const service = new HttpService({
    queues,
    redis,
    logger: silentLogger(),
    host: '127.0.0.1',
    port: 0,
    drainMs: 1_000,
    operator,
    console: true,
  });
  await service.start();
  const producers = await Promise.all(queues.map((queue) => connectProducer(queue, { redis })));
  const stop = async (): Promise<void> => {
    await Promise.all(producers.map((producer) => producer.close()));
    await service.stop();
  };
  return { url: `${service.url}/`, producers, [Symbol.asyncDispose]: stop };
}
