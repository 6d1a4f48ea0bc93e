import { setTimeout as wait } from 'node:timers/promises';
import { createWorkerPool, defineHandler } from '@sluice/queue';
import { openHistory } from '@sluice/testing/history';
import { boundQueue, step } from './bound-queue.ts';
import { endWithParent, readOptions, type WorkerProgramOptions } from './program-options.ts';

// A pool whose handler records in the history when a run begins and ends. SIGTERM drains it.
endWithParent();
const options = readOptions<WorkerProgramOptions>();
const history = openHistory(options.historyFile);
const worker = options.name;

const handler = defineHandler(step, async ({ id, attempt, payload, signal }) => {
  history.record({ type: 'delivered', id, worker, attempt });
  await wait(payload.workMs, undefined, { signal }).catch((error: unknown) => {
    history.record({ type: 'returned', id, worker, attempt, outcome: 'released' });
    throw error;
  });
  const failed = attempt <= payload.failures;
  history.record({ type: 'returned', id, worker, attempt, outcome: failed ? 'failed' : 'completed' });
  if (failed) throw new Error(`attempt ${attempt} fails as asked`);
  return { attempt };
});

const quarterMs = Math.max(Math.floor(options.leaseMs / 4), 1);
const pool = createWorkerPool(
  boundQueue(options.capacity),
  { 'bound.step': handler },
  {
    redis: options.url,
    concurrency: options.concurrency,
    name: worker,
    unavailableMs: 30_000,
    timings: { leaseMs: options.leaseMs, renewMs: quarterMs, sweepMs: quarterMs },
  },
);
pool.on('completed', ({ id }) => history.record({ type: 'settled', id, worker, outcome: 'completed' }));
pool.on('dead', ({ id }) => history.record({ type: 'settled', id, worker, outcome: 'dead' }));
pool.on('fault', (fault) => console.error(worker, fault.where, fault.error));

// A pool that is drained while it starts rejects its start, which would count as a crash.
const started = pool.start();
process.once('SIGTERM', () => {
  void started.then(() => pool.drain()).then(() => process.exit(0));
});
await started;
