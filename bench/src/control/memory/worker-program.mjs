// A worker as a user runs it: from what was built, without sources. Says how much memory it holds once it waits for jobs, and again when it
// has run as many as it was told to. Without a schema library on either side.
import { setTimeout as sleep } from 'node:timers/promises';

const [side, path, jobs] = process.argv.slice(2);
const connection = { path };
const SLOTS = 100;
/** What the start leaves behind is collected by then. */
const SETTLE_MS = 1_500;
const { promise: allRun, resolve: end } = Promise.withResolvers();
let run = 0;
const handle = async () => {
  run += 1;
  if (run === Number(jobs)) end();
  return null;
};

async function startBullmq() {
  const { Worker } = await import('bullmq');
  const worker = new Worker('memory', handle, {
    connection,
    concurrency: SLOTS,
    removeOnComplete: { count: 1_000 },
  });
  await worker.waitUntilReady();
}

async function startSluice() {
  const { createWorkerPool, defineHandler, defineJob, defineQueue } = await import('@sluice/queue');
  const anything = { '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value }) } };
  const job = defineJob({ name: 'email.send', payload: anything, result: anything });
  const keep = { completed: { count: 1_000 } };
  const queue = defineQueue({ name: 'memory', jobs: [job], capacity: 1_000_000, keep });
  const handlers = { [job.name]: defineHandler(job, handle) };
  await createWorkerPool(queue, handlers, { redis: connection, concurrency: SLOTS }).start();
}

await (side === 'bullmq' ? startBullmq() : startSluice());
for (const until of [undefined, allRun]) {
  await until;
  await sleep(SETTLE_MS);
  console.log(process.memoryUsage.rss());
}
process.exit();
