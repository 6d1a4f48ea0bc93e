import { redisTest as test } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { connectAdmin } from '../admin/connect-admin.ts';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue, type QueueDefinition } from '../job/contracts/queue-policy.ts';
import { poolDefaults } from '../job/pool-defaults.ts';
import { connectProducer } from '../put/connect-producer.ts';
import { storedId } from '../store/keys/queue-keys.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { createWorkerPool } from './create-worker-pool.ts';

const older = defineJob({ name: 'deployed', payload: z.object({ n: z.int() }), result: z.int() });
const newer = defineJob({ ...older, version: 2, retry: { attempts: 1 } });
const other = defineJob({ name: 'other', payload: z.object({ n: z.int() }), result: z.int() });

describe('jobs that no worker here can run', () => {
  test('are put aside, counted, and brought to the first worker that can run them', async ({
    redis,
    prefix,
    queueName,
  }) => {
    const client = await redis.client();
    const build = <const Jobs extends QueueDefinition['jobs']>(jobs: Jobs) =>
      defineQueue({ name: queueName, prefix, jobs, capacity: 10 });
    const [before, after] = [build([older]), build([newer, other])];
    await using admin = await connectAdmin(before, { redis: redis.url });
    await using producer = await connectProducer(after, { redis: redis.url });
    const receipts = [
      await producer.put(newer, { n: 1 }, { id: 'too new' }),
      await producer.put(newer, { n: 2 }),
      await producer.put(other, { n: 3 }),
    ];
    // It has come back so often that it is put aside for the longest time.
    await client.hset(`${prefix}:{${queueName}}:${storedId('too new')}`, 'ats', 40);

    const handler = defineHandler(older, ({ payload }) => payload.n);
    const old = createWorkerPool(before, { deployed: handler }, { redis: redis.url, concurrency: 3 });
    await old.start();
    await expect.poll(() => admin.stats()).toMatchObject({ unserved: 3, delayed: 3, dead: 0 });
    await expect
      .poll(() =>
        old
          .health()
          .unserved.map(({ job, code, count }) => `${job} ${code} ${count >= 1}`)
          .toSorted(),
      )
      .toEqual(['deployed SLUICE_VERSION_TOO_NEW true', 'other SLUICE_JOB_NOT_SERVED true']);
    expect(old.health()).toMatchObject({ ready: true, completed: 0 });
    await old.drain();
    const asideUntilMs = Date.now() + poolDefaults.unknownDelayMaxMs / 2;

    await using next = createWorkerPool(
      after,
      {
        deployed: defineHandler(newer, ({ payload }) => payload.n),
        other: defineHandler(other, ({ payload }) => payload.n),
      },
      { redis: redis.url, concurrency: 3 },
    );
    await next.start();
    const ends = await Promise.all(receipts.map((receipt) => producer.outcome(receipt)));
    expect(ends).toMatchObject([1, 2, 3].map((result) => ({ outcome: 'completed', result })));
    expect(Date.now()).toBeLessThan(asideUntilMs);
    expect(await admin.stats()).toMatchObject({ unserved: 0, depth: 0 });
    const fields = await client.hmget(`${prefix}:{${queueName}}:${storedId('too new')}`, 'atm', 'stc');
    expect(fields).toEqual(['1', null]); // no attempt was spent but the one that ended it
  });
});
