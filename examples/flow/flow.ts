import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue, flow } from '@sluice/queue';
import { z } from 'zod';

const renderPage = defineJob({ name: 'page.render', payload: z.int(), result: z.string(), retry: { attempts: 1 } });
const buildReport = defineJob({ name: 'report.build', payload: z.object({ month: z.string() }), result: z.string() });
const reports = defineQueue({ name: 'reports', jobs: [buildReport, renderPage], capacity: 100 });

const render = defineHandler(renderPage, ({ payload }) => {
  if (payload === 2) throw new Error('the printer is on fire');
  return `page ${payload}`;
});
// Starts when all pages have ended. Page 2 is dead, and may be missing: its `whenDead` says so.
const build = defineHandler(buildReport, async ({ payload, children }) => {
  const pages = await children(renderPage);
  const texts = pages.map((page) => (page.outcome === 'completed' ? page.result : `(${page.id} is missing)`));
  return `${payload.month}: ${texts.join(', ')}`;
});

await using redis = await startLocalRedis();
await using pool = createWorkerPool(
  reports,
  { 'report.build': build, 'page.render': render },
  { redis: redis.url, concurrency: 4 },
);
await pool.start();
await using producer = await connectProducer(reports, { redis: redis.url });

const november = flow(
  buildReport,
  { month: 'November' },
  { id: 'report-11', children: [1, 2, 3].map((page) => flow(renderPage, page, { whenDead: 'ignore' })) },
);
const receipt = await producer.putFlow(november);
console.log(`${receipt.status} ${receipt.id}, which waits for ${receipt.children.map(({ id }) => id).join(', ')}`);
console.log(await producer.result(receipt));
const again = await producer.putFlow(november);
console.log(`put again: ${again.status}`);
