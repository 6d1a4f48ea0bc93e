// Three URLs over one connection pool, failures as data. asyncio: gather over one aiohttp.ClientSession.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

const fetched = z.object({ url: z.url(), status: z.int(), success: z.literal(true) });
const failed = z.object({ url: z.url(), error: z.string(), success: z.literal(false) });
const result = z.discriminatedUnion('success', [fetched, failed]);
const page = defineJob({ name: 'page', payload: z.object({ url: z.url() }), result });
const queue = defineQueue({ name: 'pages', jobs: [page], capacity: 10 });

// Node's fetch keeps one connection pool for the whole process: this is the session.
const handler = defineHandler(page, async ({ payload: { url }, signal }) => {
  try {
    const response = await fetch(url, { signal });
    await response.arrayBuffer();
    return { url, status: response.status, success: true };
  } catch (error) {
    return { url, error: String(error), success: false };
  }
});

// A site with two good pages, and one that breaks the connection.
const site = createServer((request, response) =>
  request.url === '/broken' ? request.socket.destroy() : response.end('hello'),
).listen(0, '127.0.0.1');
await once(site, 'listening');
const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

await using redis = await startLocalRedis();
await using pool = createWorkerPool(queue, { page: handler }, { redis: redis.url, concurrency: 3 });
await pool.start();
await using producer = await connectProducer(queue, { redis: redis.url });

const pages = ['/', '/about', '/broken'].map((path) => ({ url: origin + path }));
for await (const one of producer.map(page, pages, { order: 'input' })) {
  if (one.outcome === 'completed') console.log(one.result.success ? '✓' : '✗', JSON.stringify(one.result));
}
site.close();
site.closeAllConnections();
