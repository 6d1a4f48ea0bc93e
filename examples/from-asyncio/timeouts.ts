// Pages that take 1 s and 10 s, fetched with timeouts of 5 s and 3 s. asyncio: wait_for, TimeoutError as data.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

const page = defineJob({
  name: 'page',
  payload: z.object({ url: z.url() }),
  result: z.string(),
  retry: { attempts: 1 },
});
const queue = defineQueue({ name: 'pages', jobs: [page], capacity: 10 });

// At the deadline the signal aborts: fetch hangs up, and the handler has no code for it.
const handler = defineHandler(page, async ({ payload, signal }) => (await fetch(payload.url, { signal })).text());

// A site whose pages take as many seconds as their path says.
const site = createServer((request, response) => {
  const seconds = Number(request.url?.slice(1));
  setTimeout(() => response.end(`a page of ${seconds} s`), seconds * 1_000).unref();
}).listen(0, '127.0.0.1');
await once(site, 'listening');
const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

await using redis = await startLocalRedis();
await using pool = createWorkerPool(queue, { page: handler }, { redis: redis.url, concurrency: 2 });
await pool.start();
await using producer = await connectProducer(queue, { redis: redis.url });

async function fetchPage(path: string, timeoutMs: number): Promise<string> {
  const receipt = await producer.put(page, { url: `${origin}/${path}` }, { timeoutMs });
  const ended = await producer.outcome(receipt);
  return ended.outcome === 'completed' ? `✓ ${ended.result}` : `✗ ${ended.error.message}`;
}

console.log(await Promise.all([fetchPage('1', 5_000), fetchPage('10', 3_000)]));
site.close();
site.closeAllConnections();
