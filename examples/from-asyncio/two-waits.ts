// Two waits, of 1 s and 2 s: 3 s in turn, 2 s together. asyncio: two awaits, against two tasks.
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

const wait = defineJob({ name: 'wait', payload: z.object({ seconds: z.number() }), result: z.string() });
const queue = defineQueue({ name: 'waits', jobs: [wait], capacity: 10 });

const handler = defineHandler(wait, async ({ payload, signal }) => {
  await sleep(payload.seconds * 1_000, undefined, { signal });
  return `waited ${payload.seconds} s`;
});

await using redis = await startLocalRedis();
await using pool = createWorkerPool(queue, { wait: handler }, { redis: redis.url, concurrency: 2 });
await pool.start();
await using producer = await connectProducer(queue, { redis: redis.url });

/** Like `await coroutine()`: nothing else happens before the result is there. */
const waited = async (seconds: number) => producer.result(await producer.put(wait, { seconds }));

let started = performance.now();
console.log(await waited(1));
console.log(await waited(2));
console.log(`in turn: ${elapsed()}`);

started = performance.now();
console.log(await Promise.all([waited(1), waited(2)]));
console.log(`together: ${elapsed()}`);

function elapsed(): string {
  return `${((performance.now() - started) / 1_000).toFixed(1)} s`;
}
