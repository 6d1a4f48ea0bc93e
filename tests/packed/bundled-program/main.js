// What a user bundles: a producer and a pool, a consumer, and a plain queue of BullMQ's with a bound. Prints what came out.
import { extname } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import {
  connectConsumer,
  connectProducer,
  createBoundedBackend,
  createWorkerPool,
  defineHandler,
  inThread,
} from '@sluice/queue';
import { Queue } from 'bullmq';
import { asked, block, double, hash, numbers } from './jobs.js';

const redis = String(process.env.REDIS_URL);

let runs = 0;
const handlers = {
  double: defineHandler(double, async ({ payload }) => ({ n: payload.n * 2 })),
  // Blocks the event loop: only another thread can renew the lease meanwhile.
  block: defineHandler(block, async ({ payload }) => {
    runs += 1;
    for (const end = Date.now() + payload.ms; Date.now() < end;);
    return { runs };
  }),
  hash: inThread(hash, new URL(`./hash-handler${extname(argv[1])}`, pathToFileURL(argv[1]))),
};

async function putTwenty(producer) {
  const receipts = await Promise.all(Array.from({ length: 20 }, (_, n) => producer.put(double, { n })));
  const results = await Promise.all(receipts.map((receipt) => producer.result(receipt)));
  return results.reduce((sum, { n }) => sum + n, 0);
}

async function hashInThread(producer) {
  const hashed = await producer.result(await producer.put(hash, { text: 'abc' }));
  const hopeless = await producer.put(hash, { text: '' });
  const failure = await producer.result(hopeless).catch((error) => error.message);
  return { hashed, failure: failure.replace(hopeless.id, 'x') };
}

async function workInPool() {
  const timings = { leaseMs: 1_000, renewMs: 300, sweepMs: 300 };
  const pool = createWorkerPool(numbers, handlers, { redis, concurrency: 4, timings });
  const producer = await connectProducer(numbers, { redis });
  await pool.start();
  const sum = await putTwenty(producer);
  const { runs: runsOfBlocked } = await producer.result(await producer.put(block, { ms: 2_500 }));
  const inThreads = await hashInThread(producer);
  await pool.stop();
  await producer.close();
  return { sum, runsOfBlocked, ...inThreads };
}

async function takeOne() {
  const producer = await connectProducer(asked, { redis });
  const consumer = await connectConsumer(asked, { redis });
  const receipt = await producer.put(double, { n: 4 });
  const lease = await consumer.take();
  await lease.ack({ n: lease.payload.n * 2 });
  const { n } = await producer.result(receipt);
  await consumer.close();
  await producer.close();
  return n;
}

async function fillPlainQueue() {
  const { hostname: host, port, pathname } = new URL(redis);
  const connection = redis.startsWith('unix:') ? { path: pathname } : { host, port: Number(port) };
  const queue = new Queue('plain', { connection }, createBoundedBackend({ capacity: 1 }));
  await queue.add('first', {});
  const refusal = await queue.add('second', {}).catch((error) => error.code);
  await queue.close();
  return refusal;
}

async function main() {
  const worked = await workInPool();
  console.log(JSON.stringify({ ...worked, taken: await takeOne(), refusal: await fillPlainQueue() }));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
