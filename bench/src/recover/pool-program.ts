import { socketUrl } from '@sluice/local-redis';
import { createWorkerPool, defineHandler } from '@sluice/queue';
import { monotonicMs } from '../wait/monotonic-ms.ts';
import type { ExpectStarted, PoolOptions, Started } from './recover-messages.ts';
import { endless, endlessQueue } from './recover-queues.ts';

// A worker with its defaults whose handlers run until they are told to stop; it says when they started.
const { socketPath, slots }: PoolOptions = JSON.parse(process.argv[2] ?? '');
const started: Started[] = [];
let expected = Infinity;

const handler = defineHandler(endless, async ({ id, signal }) => {
  started.push({ id, at: monotonicMs() });
  tell();
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  return null;
});

function tell(): void {
  if (started.length < expected) return;
  expected = Infinity;
  process.send?.(started);
}

process.once('disconnect', () => process.exit());
process.on('message', (message: ExpectStarted) => {
  expected = message.started;
  tell();
});
const redis = socketUrl(socketPath);
const pool = createWorkerPool(endlessQueue, { [endless.name]: handler }, { redis, concurrency: slots });
await pool.start();
process.send?.('ready');
