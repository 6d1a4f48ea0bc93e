import { Worker } from 'bullmq';
import { flakyProxy, type FlakyProxy, isolatedRedisTest, restartRedis } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { PutUnknownError, RedisUnavailableError } from '../job/errors/index.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { connectProducer } from './connect-producer.ts';
import type { Producer } from './producer.ts';

const once = defineJob({ name: 'once', payload: z.int(), result: z.json() });
const queueOf = (name: string) => defineQueue({ name, jobs: [once], capacity: 100 });
type Queue = ReturnType<typeof queueOf>;

interface Wire {
  proxy: FlakyProxy;
  /** Reaches Redis through the proxy. */
  producer: Producer<Queue>;
}

const test = isolatedRedisTest.extend<{ unavailableMs: number; wire: Wire }>({
  /** Long enough for a busy machine, where the answer is to come. */
  unavailableMs: 9_000,
  wire: async ({ redis, queueName, unavailableMs }, use) => {
    await using proxy = await flakyProxy(redis.url);
    await using producer = await connectProducer(queueOf(queueName), { redis: proxy.url, unavailableMs });
    await producer.put(once, 0, { id: 'warm-up' }); // Redis knows the script from here on
    await use({ proxy, producer });
  },
});

describe('a put whose answer is lost (A4, B5)', () => {
  test('is sent again and adds one job', async ({ wire: { proxy, producer } }) => {
    const dropped = proxy.dropNextReply('evalsha');
    const receipt = await producer.put(once, 1);
    await dropped;
    expect(receipt).toMatchObject({ status: 'created', depth: 2 });
    expect(await producer.stats()).toMatchObject({ depth: 2 });
  });

  test('is answered with its first answer, whatever became of the job meanwhile', async ({
    wire,
    redis,
    queueName,
  }) => {
    const { proxy, producer } = wire;
    let runs = 0;
    const worker = new Worker(`{${queueName}}`, async () => void (runs += 1), {
      connection: connectionOf(redis.url),
      removeOnComplete: { count: 0 },
    });
    await expect.poll(() => runs).toBe(1);
    const dropped = proxy.dropNextReply('evalsha');
    expect(await producer.put(once, 2, { id: 'gone-at-once' })).toMatchObject({ status: 'created' });
    await dropped;
    await expect.poll(() => producer.stats()).toMatchObject({ depth: 0 });
    expect(runs).toBe(2);
    await worker.close();
  });

  test('keeps the whole batch apart from duplicates', async ({ wire: { proxy, producer } }) => {
    const dropped = proxy.dropNextReply('evalsha');
    const receipts = await Promise.all(Array.from({ length: 20 }, (_, n) => producer.put(once, n)));
    await dropped;
    expect(new Set(receipts.map(({ status }) => status))).toEqual(new Set(['created']));
    expect(await producer.stats()).toMatchObject({ depth: 21 });
  });

  test('survives a restart of Redis between send and answer', async ({ wire: { producer }, server }) => {
    await restartRedis(server, 'kill');
    expect(await producer.put(once, 4)).toMatchObject({ status: 'created' });
    expect(await producer.stats()).toMatchObject({ depth: 2 });
  });
});

describe('with Redis away', () => {
  test.override({ unavailableMs: 1_500 });

  test('a put whose answer does not come back in time says that it may be in', async ({
    wire: { proxy, producer },
  }) => {
    const dropped = proxy.dropNextReply('evalsha');
    const put = producer.put(once, 3, { id: 'maybe' });
    const refused = expect(put).rejects.toMatchObject({ code: 'SLUICE_PUT_UNKNOWN', maybeAdded: true, jobId: 'maybe' });
    await dropped;
    await proxy.cut();
    await refused;
    await proxy.restore();
    expect(await producer.put(once, 3, { id: 'maybe' })).toMatchObject({ status: 'duplicate' });
  });

  test('a put that was never sent says so in time', async ({ wire: { proxy, producer } }) => {
    await proxy.cut();
    await expect(producer.stats()).rejects.toThrow(RedisUnavailableError); // from here on the loss is known
    const before = performance.now();
    await expect(producer.put(once, 5)).rejects.toThrow(RedisUnavailableError);
    expect(performance.now() - before).toBeLessThan(2_500);
    await proxy.restore();
    expect(await producer.put(once, 5)).toMatchObject({ status: 'created', depth: 2 });
  });

  test('every other call says so in time, too', async ({ wire: { proxy, producer } }) => {
    await proxy.cut();
    const before = performance.now();
    const calls = [producer.stats(), producer.find('warm-up'), producer.result('warm-up'), producer.outcome('x')];
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'SLUICE_REDIS_UNAVAILABLE' } });
    }
    expect(performance.now() - before).toBeLessThan(4_000);
  });

  test('a put into a Redis that hangs may have been added', async ({ wire: { producer }, server }) => {
    await server.suspend();
    await expect(producer.put(once, 6, { id: 'hung' })).rejects.toThrow(PutUnknownError);
    await server.resume();
    expect(await producer.put(once, 6, { id: 'hung' })).toMatchObject({ status: 'duplicate' });
  });

  test('connecting fails in time and names the host, never the password', async () => {
    const nowhere = 'redis://user:geheim@127.0.0.1:1';
    const connecting = connectProducer(queueOf('nowhere'), { redis: nowhere, unavailableMs: 300 });
    await expect(connecting).rejects.toThrow(RedisUnavailableError);
    await expect(connecting).rejects.toSatisfy((error) => !JSON.stringify([error, error.message]).includes('geheim'));
    await expect(connecting).rejects.toMatchObject({ host: '127.0.0.1:1' });
  });

  test('puts that wait for capacity go on waiting through a short outage', async ({ redis, queueName }) => {
    await using proxy = await flakyProxy(redis.url);
    const queue = defineQueue({ name: queueName, jobs: [once], capacity: 1 });
    await using producer = await connectProducer(queue, { redis: proxy.url });
    await producer.put(once, 1, { id: 'first' });
    const waiting = producer.put(once, 2);
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
    await proxy.cut();
    await proxy.restore();
    const worker = new Worker(`{${queueName}}`, async () => null, { connection: connectionOf(redis.url) });
    expect(await waiting).toMatchObject({ status: 'created' });
    await worker.close();
  });
});
