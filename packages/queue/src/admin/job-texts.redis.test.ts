import { redisTest as test } from '@sluice/testing/vitest';
import { Queue } from 'bullmq';
import { expect } from 'vitest';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { connectAdmin } from './connect-admin.ts';

test('the texts of a job have each digit that a foreign client stored, and the lines that were logged', async ({
  redis,
  prefix,
}) => {
  await using admin = await connectAdmin({ name: 'orders', prefix }, { redis: redis.url });
  const queue = new Queue('{orders}', { connection: connectionOf(redis.url), prefix });
  const job = await queue.add('check', {}, { jobId: 'o-1' });
  const client = await redis.client();
  const key = `${prefix}:{orders}:o-1`;
  await client.hset(key, { data: '{"id":9007199254740993}' });
  await job.log('asked the bank');
  expect(await admin.texts('o-1')).toEqual({
    payload: '{"id":9007199254740993}',
    result: null,
    options: expect.stringContaining('"jobId"'),
    logs: ['asked the bank'],
    logsTotal: 1,
  });
  await client.hset(key, { data: `"${'x'.repeat(1_000_001)}"` });
  expect((await admin.texts('o-1'))?.payload).toMatch(/ … \(3 characters more\)$/);
  expect(await admin.texts('o-2')).toBeNull();
  await queue.close();
});
