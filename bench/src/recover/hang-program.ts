import { socketUrl } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler } from '@sluice/queue';
import { monotonicMs } from '../wait/monotonic-ms.ts';
import type { PoolOptions } from './recover-messages.ts';
import { hung, hungQueue } from './recover-queues.ts';

// A worker whose handlers hang, every one of them. Told how many jobs to put, it answers when each was started.
const { socketPath, slots }: PoolOptions = JSON.parse(process.argv[2] ?? '');
const redis = socketUrl(socketPath);

process.once('disconnect', () => process.exit());
process.once('message', ({ started }: { started: number }) => {
  void startedAt(started).then(
    (times) => process.send?.(times),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.('ready');

async function startedAt(jobs: number): Promise<number[]> {
  const times: number[] = [];
  const all = Promise.withResolvers<void>();
  const handler = defineHandler(hung, () => {
    if (times.push(monotonicMs()) === jobs) all.resolve();
    return new Promise<null>(() => {});
  });
  await using producer = await connectProducer(hungQueue, { redis });
  for await (const _ of producer.putMany(
    hung,
    Array.from({ length: jobs }, () => null),
  ));
  const pool = createWorkerPool(hungQueue, { [hung.name]: handler }, { redis, concurrency: slots });
  await pool.start();
  await all.promise;
  return times;
}
