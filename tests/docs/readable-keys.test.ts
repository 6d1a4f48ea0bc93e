import { Queue } from 'bullmq';
import { readFile } from 'node:fs/promises';
import { connectProducer, createBoundedBackend, defineJob, defineQueue } from '@sluice/queue';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';

const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const job = defineJob({ name: 'plain', payload: z.int(), result: z.null() });

/** The commands of the table, for a queue of this name. */
function commandsFor(queueName: string): string[][] {
  const table = /<!-- keys:begin -->([^]*)<!-- keys:end -->/.exec(page)?.[1] ?? '';
  return [...table.matchAll(/`([A-Z]+) (bull:\{fetches\}:\w+)`/g)].map(([, command = '', key = '']) => [
    command,
    key.replace('fetches', queueName),
  ]);
}

describe('docs/operations.md', () => {
  redisTest('names the keys by which an autoscaler counts', async ({ redis, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 100 });
    await using producer = await connectProducer(queue, { redis: redis.url });
    for (let n = 0; n < 3; n += 1) await producer.put(job, n);
    for (let n = 0; n < 2; n += 1) await producer.put(job, n, { priority: 5 });
    await producer.put(job, 0, { delayMs: 60_000 });
    const client = await redis.client();
    const counts = await Promise.all(commandsFor(queueName).map(([name = '', key = '']) => client.call(name, key)));
    expect(counts).toEqual([3, 2, 0, 1]);
  });

  redisTest('says how a dashboard opens a queue whose bound its buttons obey', async ({ redis, queueName }) => {
    expect(page).toContain("new Queue('{fetches}', { connection, prefix: 'bull' }, createBoundedBackend(");
    const definition = defineQueue({ name: queueName, jobs: [job], capacity: 1 });
    await using producer = await connectProducer(definition, { redis: redis.url });
    await producer.put(job, 0, { id: 'order/17' });
    const connection = await redis.client();
    const queue = new Queue(`{${queueName}}`, { connection, prefix: 'bull' }, createBoundedBackend({ capacity: 1 }));
    expect(await queue.getJob('k.order%2F17')).toMatchObject({ name: 'plain' });
    await expect(queue.add('plain', {})).rejects.toMatchObject({ code: 'SLUICE_QUEUE_FULL' });
    await queue.close();
  });
});
