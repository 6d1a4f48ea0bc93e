// One producer of 10 items, one each 0.1 s, into a queue of 5, with two consumers. asyncio: Queue(maxsize=5).
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, type Receipt } from '@sluice/queue';
import { defineJob, defineQueue } from '@sluice/shared';
import { z } from 'zod';

const item = defineJob({ name: 'item', payload: z.object({ number: z.int() }), result: z.null() });
const queue = defineQueue({ name: 'items', jobs: [item], capacity: 5 });

/** Takes one item after the other, half a second each. Returning from the handler is `task_done()`. */
const consumer = (name: string) =>
  defineHandler(item, async ({ payload, signal }) => {
    await sleep(500, undefined, { signal });
    console.log(`${name} did item ${payload.number}`);
    return null;
  });

await using redis = await startLocalRedis();
const connection = { redis: redis.url, concurrency: 1 };
await using first = createWorkerPool(queue, { item: consumer('consumer 1') }, connection);
await using second = createWorkerPool(queue, { item: consumer('consumer 2') }, connection);
await Promise.all([first.start(), second.start()]);
await using producer = await connectProducer(queue, { redis: redis.url });

const receipts: Receipt<'item'>[] = [];
for (let number = 1; number <= 10; number += 1) {
  const receipt = await producer.put(item, { number }); // waits while five items are unfinished
  const waited = receipt.waitedMs > 0 ? ', after waiting for room' : '';
  console.log(`put item ${number}: ${receipt.depth} of ${receipt.capacity}${waited}`);
  receipts.push(receipt);
  await sleep(100);
}
await Promise.all(receipts.map((receipt) => producer.result(receipt))); // like queue.join()
console.log('all items are done');
