// One producer of 10 items, one each 0.1 s, into a queue of 5, with two consumers that end after 2 s without an item.
// asyncio: Queue(maxsize=5), and `await asyncio.wait_for(queue.get(), 2)` in a loop.
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalRedis } from '@sluice/local-redis';
import { connectConsumer, connectProducer, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

const item = defineJob({ name: 'item', payload: z.object({ number: z.int() }), result: z.null() });
const queue = defineQueue({ name: 'items', jobs: [item], capacity: 5 });
await using redis = await startLocalRedis();

/** Takes one item after the other, half a second each. `ack` is `task_done()`. */
async function consume(name: string): Promise<void> {
  await using consumer = await connectConsumer(queue, { redis: redis.url });
  for await (const lease of consumer.leases({ idleMs: 2_000 })) {
    await sleep(500, undefined, { signal: lease.signal });
    await lease.ack(null);
    console.log(`${name} did item ${lease.payload.number}`);
  }
  console.log(`${name} ends: no item for 2 s`);
}

async function produce(): Promise<void> {
  await using producer = await connectProducer(queue, { redis: redis.url });
  for (let number = 1; number <= 10; number += 1) {
    const receipt = await producer.put(item, { number }); // waits while five items are unfinished
    const waited = receipt.waitedMs > 0 ? ', after waiting for capacity' : '';
    console.log(`put item ${number}: ${receipt.depth} of ${receipt.capacity}${waited}`);
    await sleep(100);
  }
  await producer.join();
  console.log('all items are done');
}

await Promise.all([produce(), consume('consumer 1'), consume('consumer 2')]);
