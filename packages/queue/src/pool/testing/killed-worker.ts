import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { createWorkerPool } from '../create-worker-pool.ts';
import { scriptedJob } from './scripted-job.ts';

/** A worker process with default times that a test kills: `node killed-worker.ts <redis> <prefix> <queue>`. */
const [redis = '', prefix = '', name = ''] = process.argv.slice(2);
const job = scriptedJob({ timeoutMs: 60_000 });
const queue = defineQueue({ name, jobs: [job.contract], capacity: 1_000, prefix });
const pool = createWorkerPool(queue, { scripted: job.handler }, { redis, concurrency: 4 });
pool.on('started', () => process.send?.('started'));
await pool.start();
