import { isolatedRedisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { connectProducer } from '../../put/connect-producer.ts';

const job = defineJob({ name: 'job', payload: z.null(), result: z.null() });

describe('on a full Redis (A7)', () => {
  isolatedRedisTest('a queue can still be sealed, lowered and thinned out', async ({ redis, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 3 });
    await using producer = await connectProducer(queue, { redis: redis.url });
    await producer.put(job, null, { id: 'one' });
    const client = await redis.client();
    await client.config('SET', 'maxmemory', '1');
    await expect(client.set('any', 'thing')).rejects.toThrow('OOM');

    await producer.seal();
    await producer.setCapacity(1);
    expect(await producer.stats()).toMatchObject({ sealed: true, capacity: 1, depth: 1 });
    expect(await producer.cancel('one')).toBe('removed');
    await producer.join({ waitMs: 1_000 });
    await producer.unseal();
    expect(await producer.stats()).toMatchObject({ sealed: false, depth: 0 });
  });
});
