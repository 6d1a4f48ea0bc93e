import { setTimeout as sleep } from 'node:timers/promises';
import { socketUrl } from '@sluice/local-redis';
import { createWorkerPool, defineHandler } from '@sluice/queue';
import { INNOCENT_MS, maybePoison, poisonQueue, POISON_MS, type PoisonPoolOptions, timings } from './poison-jobs.ts';

// A worker that one of its jobs ends, as a fault in native code would: at once, and with whatever else runs there.
const { socketPath, queueName, slots }: PoisonPoolOptions = JSON.parse(process.argv[2] ?? '');
process.once('disconnect', () => process.exit(0));
const handler = defineHandler(maybePoison, async ({ payload }) => {
  await sleep(payload.isPoison ? POISON_MS : INNOCENT_MS);
  if (payload.isPoison) process.exit(1);
  return null;
});
const options = { redis: socketUrl(socketPath), concurrency: slots, timings };
await createWorkerPool(poisonQueue(queueName), { [maybePoison.name]: handler }, options).start();
