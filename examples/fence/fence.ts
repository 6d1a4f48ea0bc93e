import { setTimeout as sleep } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

// The database guards itself: a row remembers the largest fencing token that wrote it, and a smaller one changes nothing.
await using database = await PGlite.create(); // Postgres in this process; with a server, the same statement
await database.exec(
  "CREATE TABLE pages (url text PRIMARY KEY, html text NOT NULL DEFAULT '', fence bigint NOT NULL DEFAULT 0)",
);
await database.query('INSERT INTO pages (url) VALUES ($1)', ['https://example.org/']);

async function write(url: string, html: string, fencingToken: number): Promise<boolean> {
  const statement = 'UPDATE pages SET html = $1, fence = $2 WHERE url = $3 AND fence < $2';
  const { affectedRows } = await database.query(statement, [html, fencingToken, url]);
  return affectedRows === 1;
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
const handler = defineHandler(render, async ({ attempt, fencingToken, payload }) => {
  if (attempt === 1) await sleep(600);
  const written = await write(payload.url, `rendered by attempt ${attempt}`, fencingToken);
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
const { rows } = await database.query<{ html: string }>('SELECT html FROM pages');
console.log(`the job ended with attempt ${attempt}; stored: ${rows[0]?.html}`);
