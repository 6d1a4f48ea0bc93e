import { redisTest as test } from '@sluice/testing/vitest';
import { expect } from 'vitest';
import { z } from 'zod';
import { connectAdmin } from '../admin/connect-admin.ts';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { connectProducer } from '../put/connect-producer.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { createWorkerPool } from './create-worker-pool.ts';

const schemas = { name: 'step', payload: z.enum(['ok', 'fail', 'hang']), result: z.void() };
/** The build whose producers put, and the one whose workers run. They differ in all that has no owner in Redis. */
const putting = defineJob({ ...schemas, timeoutMs: 60_000, retry: { attempts: 1 } });
const running = defineJob({ ...schemas, timeoutMs: 50, retry: { attempts: 5 } });

test('of two builds the put says how often a job is tried, and who runs or ends it the rest', async ({
  redis,
  prefix,
  queueName,
}) => {
  const shared = { name: queueName, prefix, capacity: 3 };
  const ofPut = defineQueue({ ...shared, jobs: [putting], whenFull: 'reject' });
  const ofWorker = defineQueue({ ...shared, jobs: [running], keep: { completed: { count: 1 } } });
  await using admin = await connectAdmin(ofPut, { redis: redis.url });
  await using rejecting = await connectProducer(ofPut, { redis: redis.url });
  await using waiting = await connectProducer(ofWorker, { redis: redis.url });
  const [failed, stuck] = [await rejecting.put(putting, 'fail'), await rejecting.put(putting, 'hang')];
  await rejecting.put(putting, 'ok');
  await expect(rejecting.put(putting, 'ok')).rejects.toMatchObject({ code: 'SLUICE_QUEUE_FULL' });
  const waits = waiting.put(running, 'ok');
  await expect.poll(async () => (await admin.stats()).waiters.puts).toBe(1); // the queue is full for both

  const handler = defineHandler(running, async ({ payload, signal }) => {
    if (payload === 'fail') throw new Error('failed');
    if (payload === 'hang')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  await using pool = createWorkerPool(ofWorker, { step: handler }, { redis: redis.url, concurrency: 2 });
  await pool.start();
  expect(await rejecting.outcome(failed)).toMatchObject({ outcome: 'dead', error: { code: 'ERROR' } });
  expect(await rejecting.outcome(stuck)).toMatchObject({ outcome: 'dead', error: { code: 'SLUICE_JOB_TIMEOUT' } });
  await waits;
  await expect.poll(async () => (await admin.stats()).depth).toBe(0);
  expect(await admin.stats()).toMatchObject({ completed: 1, dead: 2 }); // of two; the other build would keep both
  expect(pool.health()).toMatchObject({ completed: 2, retried: 0 });
});
