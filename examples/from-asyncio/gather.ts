// Three workers of 1, 2 and 1.5 s, gathered: results in the order of the input, after 2 s. asyncio: gather.
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

const payload = z.object({ name: z.string(), seconds: z.number() });
const work = defineJob({ name: 'work', payload, result: z.string() });
const queue = defineQueue({ name: 'works', jobs: [work], capacity: 10 });

const handler = defineHandler(work, async ({ payload: { name, seconds }, signal }) => {
  await sleep(seconds * 1_000, undefined, { signal });
  console.log(`worker ${name} is done`);
  return `result of ${name}`;
});

await using redis = await startLocalRedis();
await using pool = createWorkerPool(queue, { work: handler }, { redis: redis.url, concurrency: 3 });
await pool.start();
await using producer = await connectProducer(queue, { redis: redis.url });

const started = performance.now();
const results = await producer.gather([
  [work, { name: 'A', seconds: 1 }],
  [work, { name: 'B', seconds: 2 }],
  [work, { name: 'C', seconds: 1.5 }],
]);
console.log(results);
console.log(`gathered: ${((performance.now() - started) / 1_000).toFixed(1)} s`);
