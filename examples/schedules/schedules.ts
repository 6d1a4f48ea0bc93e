import { startLocalRedis } from '@sluice/local-redis';
import { connectAdmin, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

const report = defineJob({ name: 'report', payload: z.object({ kind: z.string() }), result: z.void() });
const queue = defineQueue({
  name: 'reports',
  jobs: [report],
  capacity: 100,
  // Workers set these when they start. 02:30 does not exist on the day on which the clocks go forward: it is 03:00 then.
  schedules: {
    nightly: { job: 'report', payload: { kind: 'nightly' }, cron: '30 2 * * *', timeZone: 'Europe/Berlin' },
    pulse: { job: 'report', payload: { kind: 'pulse' }, everyMs: 1_000, catchUp: 'skip' },
  },
});

let pulses = 0;
const twoPulses = Promise.withResolvers<void>();
const handler = defineHandler(report, ({ payload }) => {
  pulses += 1;
  console.log(`report: ${payload.kind}`);
  if (pulses === 2) twoPulses.resolve();
});

await using redis = await startLocalRedis();
await using pool = createWorkerPool(queue, { report: handler }, { redis: redis.url, concurrency: 5 });
await pool.start();
await twoPulses.promise;

await using admin = await connectAdmin(queue, { redis: redis.url });
await admin.schedules.pause('pulse');
for (const { name, cadence, state } of (await admin.schedules.list()).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
  console.log(`${name} (${state}): ${'cron' in cadence ? cadence.cron : `every ${cadence.everyMs} ms`}`);
}
const [first, second] = await admin.schedules.next('nightly', 2);
console.log(`nightly comes again: ${first !== undefined && second !== undefined && first < second}`);
