import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { createWorkerPool } from '../create-worker-pool.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import { endProcess, poisonJob } from './poison-job.ts';

/** A worker process that some of its jobs end: `node poison-worker.ts <redis> <prefix> <queue> <slots>`. */
const [redis = '', prefix = '', name = '', slots = ''] = process.argv.slice(2);
const queue = defineQueue({ name, jobs: [poisonJob], capacity: 1_000, prefix });
const handler = defineHandler(poisonJob, async ({ payload }) => {
  // The others have started by then.
  await new Promise((resolve) => setTimeout(resolve, 50));
  if (payload.ends) await endProcess(payload.ends);
  await new Promise((resolve) => setTimeout(resolve, payload.ms));
  return null;
});
const timings = { leaseMs: 600, renewMs: 150, sweepMs: 150 };
process.once('disconnect', () => process.exit(0));
const pool = createWorkerPool(queue, { poison: handler }, { redis, concurrency: Number(slots), timings });
process.once('SIGTERM', () => void pool.drain());
await pool.start();
