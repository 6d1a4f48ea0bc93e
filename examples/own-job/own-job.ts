import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

// The contract: what goes in, what comes out, how long it may take.
const countWords = defineJob({
  name: 'words.count',
  payload: z.object({ text: z.string() }),
  result: z.object({ words: z.int() }),
  timeoutMs: 5_000,
});
// The queue: at most 100 unfinished jobs. The handler: returning is done, throwing is a failed attempt.
const queue = defineQueue({ name: 'texts', jobs: [countWords], capacity: 100 });
const handler = defineHandler(countWords, async ({ payload }) => ({ words: payload.text.split(/\s+/).length }));

await using redis = await startLocalRedis(); // or the URL of yours
await using pool = createWorkerPool(queue, { 'words.count': handler }, { redis: redis.url, concurrency: 4 });
await pool.start();
await using producer = await connectProducer(queue, { redis: redis.url });

const receipt = await producer.put(countWords, { text: 'to be or not to be' }); // waits while the queue is full
const { words } = await producer.result(receipt);
console.log(`${words} words; depth ${receipt.depth} of ${receipt.capacity}`);
