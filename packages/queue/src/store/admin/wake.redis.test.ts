import type { Redis } from 'ioredis';
import { describe, expect } from 'vitest';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { adminTest as test, putSteps } from './testing/admin-test.ts';

/** Somebody elsewhere who waits for capacity for one job, and does not look by itself. Tells whether word was sent. */
async function standInQueue(client: Redis, base: string): Promise<() => Promise<boolean>> {
  await client.zadd(`${base}${sluiceKeys.waiters}`, 1, 'somebody:1');
  await client.hset(`${base}${sluiceKeys.tickets}`, 'somebody:1', `1 ${Date.now() + 60_000}`);
  return async () => (await client.exists(`${base}${sluiceKeys.wake}somebody`)) === 1;
}

describe('puts that wait for capacity are woken at once', () => {
  test('when the capacity is raised, and not when it is lowered', async ({ producer, redis, queueName }) => {
    await putSteps(producer, 1, 3);
    const gotWord = await standInQueue(await redis.client(), `bull:{${queueName}}:`);
    await producer.setCapacity(2);
    await producer.setCapacity(3);
    expect(await gotWord()).toBe(false);
    await producer.setCapacity(4);
    expect(await gotWord()).toBe(true);
  });

  test('when a job is cancelled, and not when one cannot be', async ({ producer, redis, queueName }) => {
    await putSteps(producer, 1, 3);
    const gotWord = await standInQueue(await redis.client(), `bull:{${queueName}}:`);
    expect(await producer.cancel('nobody')).toBe('unknown');
    expect(await gotWord()).toBe(false);
    expect(await producer.cancel('j1')).toBe('removed');
    expect(await gotWord()).toBe(true);
  });
});
