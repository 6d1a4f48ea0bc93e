import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

/**
 * One process of a build that is deployed: it puts all the time and runs what it can, or only runs (`work`), until SIGTERM. Then it drains, and says how many
 * jobs it has put. The second build has another version of the contract, another capacity and other limits.
 */
const [redis = '', build = 'old', what = 'put and work'] = process.argv.slice(2);

const result = z.object({ n: z.int() });
const step = {
  old: defineJob({ name: 'deploy.step', payload: z.object({ n: z.int() }), result }),
  new: defineJob({
    name: 'deploy.step',
    version: 2,
    payload: z.object({ n: z.int(), from: z.string() }),
    result,
    upcasts: { 1: (payload) => ({ ...(payload as object), from: 'version 1' }) },
  }),
};
const isNew = build === 'new';
const queue = defineQueue({
  name: 'deploy',
  jobs: [isNew ? step.new : step.old],
  capacity: isNew ? 60 : 30,
  keep: { completed: { count: 100_000, ageMs: 3_600_000 } },
  limits: isNew ? { running: 8, jobs: { 'deploy.step': { running: 6 } } } : { jobs: { 'deploy.step': { running: 3 } } },
});

const handler = isNew
  ? { 'deploy.step': defineHandler(step.new, ({ payload: { n, from } }) => checked(n, from)) }
  : { 'deploy.step': defineHandler(step.old, ({ payload: { n } }) => checked(n, 'version 1')) };

/** A payload that skipped its upcast would have none. */
function checked(n: number, from: string): { n: number } {
  if (from === '') throw new Error('no word of where it is from');
  return { n };
}

await using producer = await connectProducer(queue, { redis });
const pool = createWorkerPool(queue, handler as never, { redis, concurrency: 10 });
await pool.start();
let put = 0;
const ending = new AbortController();
process.on('SIGTERM', () => ending.abort());
console.log('started');

while (what === 'work' && !ending.signal.aborted)
  await pause(50, undefined, { signal: ending.signal }).catch(() => undefined);
while (!ending.signal.aborted) {
  const payloads = Array.from({ length: 5 }, (_, at) => ({ n: put + at, from: build }));
  const puts = payloads.map((payload) => producer.put(queue.jobs[0] as typeof step.new, payload, { waitMs: 500 }));
  const ends = await Promise.allSettled(puts);
  put += ends.filter(({ status }) => status === 'fulfilled').length;
}
await pool.drain();
console.log(`put ${put}`);
