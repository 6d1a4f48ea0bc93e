import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { createWorkerPool } from '../../pool/create-worker-pool.ts';
import { scriptedJob } from '../../pool/testing/scripted-job.ts';
import type { ChildOptions, ChildMessage } from './start-child.ts';

// A worker process whose event loop a test may block or kill. It sends the events of its pool, and its health when asked.
process.once('disconnect', () => process.exit(1));
const { redis, prefix, queueName, timings, timeoutMs, graceMs } = JSON.parse(process.argv[2] ?? '') as ChildOptions;
const send = (message: ChildMessage): void => void process.send?.(message);

const job = scriptedJob({ timeoutMs, graceMs });
const queue = defineQueue({ name: queueName, jobs: [job.contract], capacity: 1_000, prefix });
const pool = createWorkerPool(queue, { scripted: job.handler }, { redis, concurrency: 10, timings });
for (const event of [
  'started',
  'completed',
  'retried',
  'cancelled',
  'dead',
  'leaseLost',
  'settledByWatchdog',
  'abandoned',
] as const)
  pool.on(event, ({ id, ...rest }) => send({ event, id, code: 'code' in rest ? rest.code : null }));
process.on('message', () => send({ health: pool.health() }));
await pool.start();
send({ event: 'ready', id: '', code: null });
