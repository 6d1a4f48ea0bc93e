import { socketUrl } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler } from '@sluice/queue';
import { monotonicMs, serveParent } from '../bench-process.ts';
import { type ExpectStarted, hung, hungQueue, type PoolOptions } from './recover-jobs.ts';

// A worker whose handlers all hang. Asked to run a number of jobs, it puts them and answers when each was started.
const { socketPath, slots }: PoolOptions = JSON.parse(process.argv[2] ?? '');
const redis = socketUrl(socketPath);

serveParent(async ({ started }: ExpectStarted): Promise<number[]> => {
  const times: number[] = [];
  const all = Promise.withResolvers<void>();
  const handler = defineHandler(hung, () => {
    if (times.push(monotonicMs()) === started) all.resolve();
    return new Promise<null>(() => {});
  });
  await using producer = await connectProducer(hungQueue, { redis });
  for await (const _ of producer.putMany(
    hung,
    Array.from({ length: started }, () => null),
  ));
  const pool = createWorkerPool(hungQueue, { [hung.name]: handler }, { redis, concurrency: slots });
  await pool.start();
  await all.promise;
  return times;
});
