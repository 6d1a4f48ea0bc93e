import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

// A store that guards itself: it remembers the largest fencing token that wrote, and refuses smaller ones. In a database:
// UPDATE pages SET html = $1, fence = $2 WHERE url = $3 AND fence < $2
const page = { html: '', fence: 0 };
function write(html: string, fencingToken: number): boolean {
  if (fencingToken <= page.fence) return false;
  Object.assign(page, { html, fence: fencingToken });
  return true;
}

const render = defineJob({
  name: 'page.render',
  payload: z.object({ url: z.string() }),
  result: z.object({ attempt: z.int() }),
  timeoutMs: 200,
  graceMs: 50,
  retry: { attempts: 2, backoff: { type: 'fixed', delayMs: 0, jitter: 0 } },
});
const queue = defineQueue({ name: 'pages', jobs: [render], capacity: 10 });

// The first attempt hangs and does not look at its signal: its slot is given to the second one, and its lease is over. Yet
// nobody can stop its code. When it comes back at last, it still believes that the job is its own, and writes.
const wokeUp = Promise.withResolvers<void>();
const handler = defineHandler(render, async ({ attempt, fencingToken }) => {
  if (attempt === 1) await sleep(600);
  const written = write(`rendered by attempt ${attempt}`, fencingToken);
  console.log(`attempt ${attempt}: ${written ? 'written' : 'refused, somebody with a larger fencing token was here'}`);
  if (attempt === 1) wokeUp.resolve();
  return { attempt };
});

await using redis = await startLocalRedis();
await using pool = createWorkerPool(queue, { 'page.render': handler }, { redis: redis.url, concurrency: 1 });
await pool.start();
await using producer = await connectProducer(queue, { redis: redis.url });

const receipt = await producer.put(render, { url: 'https://example.org/' });
const { attempt } = await producer.result(receipt);
await wokeUp.promise;
console.log(`the job ended with attempt ${attempt}; stored: ${page.html}`);
