import { socketUrl } from '@sluice/local-redis';
import { createWorkerPool, defineHandler } from '@sluice/queue';
import { monotonicMs, serveParent } from '../bench-process.ts';
import { endless, endlessQueue, type ExpectStarted, type PoolOptions, type Started } from './recover-jobs.ts';

// A worker with its defaults whose handlers run until they are aborted. It reports when they started.
const { socketPath, slots }: PoolOptions = JSON.parse(process.argv[2] ?? '');
const started: Started[] = [];
let expected = Infinity;
let onExpected = (): void => {};

const handler = defineHandler(endless, async ({ id, signal }) => {
  if (started.push({ id, atMs: monotonicMs() }) >= expected) onExpected();
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  return null;
});
const redis = socketUrl(socketPath);
const pool = createWorkerPool(endlessQueue, { [endless.name]: handler }, { redis, concurrency: slots });
await pool.start();

serveParent(async (request: ExpectStarted): Promise<Started[]> => {
  if (started.length < request.started) {
    expected = request.started;
    await new Promise<void>((resolve) => (onExpected = resolve));
  }
  return started;
});
