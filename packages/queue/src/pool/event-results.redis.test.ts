import { QueueEvents } from 'bullmq';
import { readFile } from 'node:fs/promises';
import { redisTest as test } from '@sluice/testing/vitest';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { connectProducer } from '../put/connect-producer.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { createWorkerPool } from './create-worker-pool.ts';
import { poolDefaults } from '../job/pool-defaults.ts';

const text = defineJob({ name: 'text', payload: z.int(), result: z.string() });
/** A result of so many characters, which are as many bytes of JSON and two quotes. */
const handler = defineHandler(text, ({ payload }) => 'x'.repeat(payload));

test('a large result is read from its job, and no event carries it', async ({ redis, queueName }) => {
  const queue = defineQueue({ name: queueName, jobs: [text], capacity: 100 });
  await using producer = await connectProducer(queue, { redis: redis.url });
  await using pool = createWorkerPool(queue, { text: handler }, { redis: redis.url, concurrency: 10 });
  const events = new QueueEvents(`{${queueName}}`, { connection: connectionOf(redis.url) });
  await events.waitUntilReady();
  const seen = new Map<string, Record<string, unknown>>();
  events.on('completed', (event) => seen.set(event.jobId, { ...event }));
  const most = poolDefaults.eventResultMaxBytes - 2;
  await pool.start();
  const results = await producer.gather([
    [text, most],
    [text, most + 1],
    ...Array.from({ length: 20 }, () => [text, 200_000] as const),
  ]);
  expect(results.map((result) => (result as string).length)).toEqual([most, most + 1, ...Array(20).fill(200_000)]);
  await expect.poll(() => seen.size).toBe(22);
  await events.close();
  const sizes = [...seen.values()].map((event) => [
    typeof event['returnvalue'] === 'string' ? event['returnvalue'].length : event['returnvalue'],
    event['sluice.resultBytes'],
  ]);
  expect(sizes).toHaveLength(22);
  expect(sizes).toContainEqual([most, undefined]);
  expect(sizes).toContainEqual([null, String(most + 3)]);
  expect(sizes.filter(([value, bytes]) => value === null && bytes === '200002')).toHaveLength(20);
  const client = await redis.client();
  const held = await client.memory('USAGE', `bull:{${queueName}}:events`, 'SAMPLES', 0);
  expect(held).toBeLessThan(100_000);
});

it('the script leaves out what the defaults say', async () => {
  const script = await readFile(new URL('../../lua/include/completed-event.lua', import.meta.url), 'utf8');
  expect(script).toContain(`EVENT_RESULT_MAX = ${poolDefaults.eventResultMaxBytes} `);
});
