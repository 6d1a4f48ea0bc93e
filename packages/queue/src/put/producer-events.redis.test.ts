import { isolatedRedisTest, redisTest as test } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { testLogger } from '../testing/test-logger.ts';
import { connectProducer } from './connect-producer.ts';
import { flow } from './flow/flow-node.ts';
import type { PutEvent } from './producer-events.ts';

const job = defineJob({ name: 'work', payload: z.int(), result: z.int() });

describe('the event put', () => {
  test('says how each put ended, once', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 3, prefix });
    await using producer = await connectProducer(queue, { redis: redis.url });
    const seen: PutEvent[] = [];
    const off = producer.on('put', (event) => seen.push(event));
    await producer.put(job, 1, { id: 'a' });
    await producer.put(job, 1, { id: 'a' });
    await expect(producer.put(job, 2, { id: 'a' })).rejects.toThrow('another payload');
    await producer.putFlow(flow(job, 3, { id: 'b', children: [flow(job, 4, { id: 'c' })] }));
    await expect(producer.tryPut(job, 5, { id: 'd' })).rejects.toThrow('full');
    await expect(producer.putFlow(flow(job, 6, { id: 'e' }), { whenFull: 'reject' })).rejects.toThrow('full');
    const calledOff = new AbortController();
    const waiting = producer.put(job, 7, { id: 'f', signal: calledOff.signal });
    await expect.poll(() => producer.waitingPuts).toBe(1);
    calledOff.abort();
    await expect(waiting).rejects.toBe(calledOff.signal.reason);
    await producer.seal();
    await expect(producer.put(job, 8, { id: 'g' })).rejects.toThrow('sealed');
    off();
    await producer.put(job, 1, { id: 'a' });
    expect(seen.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      'a created',
      'a duplicate',
      'a conflict',
      'b created',
      'c created',
      'd full',
      'e full',
      'f cancelled',
      'g closed',
    ]);
    expect(seen.every((event) => event.queue === queueName && event.job === 'work')).toBe(true);
    expect(seen.filter(({ waitedMs }) => waitedMs > 0).map(({ id }) => id)).toEqual(['f']);
  });

  test('breaks no put when a listener fails', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 2, prefix });
    const lines: string[] = [];
    const logger = testLogger({ destination: { write: (line) => void lines.push(line) } });
    await using producer = await connectProducer(queue, { redis: redis.url, logger });
    producer.on('put', () => {
      throw new Error('boom');
    });
    producer.on('put', () => Promise.reject(new Error('later')));
    expect(await producer.put(job, 1)).toMatchObject({ status: 'created' });
    await expect.poll(() => lines.filter((line) => line.includes('a listener to put failed'))).toHaveLength(2);
  });

  isolatedRedisTest('tells a put that Redis did not get', async ({ redis, server, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 2 });
    await using producer = await connectProducer(queue, { redis: redis.url, unavailableMs: 300 });
    const seen: string[] = [];
    producer.on('put', ({ outcome }) => seen.push(outcome));
    await server.halt('kill');
    await expect(producer.put(job, 1)).rejects.toThrow();
    expect(seen).toEqual(['unavailable']);
  });
});
