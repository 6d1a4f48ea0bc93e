import { connect, createServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { addressOf, redisTest } from '@sluice/testing/vitest';
import { Queue, Worker } from 'bullmq';
import { describe, expect } from 'vitest';
import { connectionOf } from '../../testing/bullmq-connection.ts';
import { createBoundedBackend } from '../backend/create-bounded-backend.ts';

/**
 * A wire to Redis on which no script's first line says that it is one: the server answers as one before 7.0 does, for
 * which that line is Lua with a mistake in it.
 */
async function oldRedis(url: string): Promise<AsyncDisposable & { url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-old-'));
  const path = join(folder, 'redis.sock');
  const server = createServer((client) => {
    const redis = connect(addressOf(url));
    client.on('data', (data) => redis.write(data.toString('latin1').replaceAll('#!lua', '#?lua'), 'latin1'));
    redis.pipe(client);
    for (const [one, other] of [[client, redis] as const, [redis, client] as const]) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    url: `unix://${path}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe('on a Redis before 7.0 a plain BullMQ queue', () => {
  const unsuitable = { code: 'SLUICE_REDIS_UNSUITABLE', message: expect.stringMatching(/7\.0 or later, or Valkey/) };

  redisTest('gets an error that says what is wrong when it has a bound', async ({ redis, queueName }) => {
    await using old = await oldRedis(redis.url);
    const connection = connectionOf(old.url);
    const factory = createBoundedBackend({ capacity: 1 });
    const queue = new Queue(queueName, { connection }, factory);
    const errors: Error[] = [];
    const worker = new Worker(queueName, async () => null, { connection, autorun: false }, factory);
    worker.on('error', (error) => errors.push(error));
    try {
      await expect(queue.add('job', {})).rejects.toMatchObject(unsuitable);
      await expect(queue.remove('job')).rejects.toMatchObject(unsuitable);
      void worker.run();
      await expect.poll(() => errors).toContainEqual(expect.objectContaining(unsuitable));
    } finally {
      await Promise.all([queue.close(), worker.close(true)]);
    }
  });

  redisTest('works as ever when it has none', async ({ redis, queueName }) => {
    await using old = await oldRedis(redis.url);
    const connection = connectionOf(old.url);
    const queue = new Queue(queueName, { connection }, createBoundedBackend());
    try {
      await queue.add('job', {}, { jobId: 'a' });
      expect(await queue.remove('a')).toBe(1);
    } finally {
      await queue.close();
    }
  });
});
