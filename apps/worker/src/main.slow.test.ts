import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectProducer } from '@sluice/queue';
import { pageDigest, shippedQueue } from '@sluice/shared';
import { redisTest as test } from '@sluice/testing/vitest';
import { expect } from 'vitest';
import { startWorkerProcess } from './testing/worker-process.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What is built already takes a second. */
async function build(): Promise<void> {
  await promisify(execFile)(process.execPath, ['scripts/build.mjs'], { cwd: root });
}

test('the built worker digests pages in threads', async ({ redis, queueName, prefix }) => {
  await build();
  const queue = shippedQueue({ queue: queueName, prefix, capacity: 50, keepCount: 100, keepMs: 3_600_000 });
  await using producer = await connectProducer(queue, { redis: redis.url });
  const env = { REDIS_URL: redis.url, SLUICE_QUEUE: queueName, SLUICE_PREFIX: prefix, SLUICE_CAPACITY: '50' };
  await using worker = startWorkerProcess(env, { from: 'built' });
  await worker.ready();
  const page = await producer.put(pageDigest, { html: '<title>Built</title><p>two words' });
  expect(await producer.result(page)).toMatchObject({ title: 'Built', words: 2 });
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
});
