import { neverOver, replayTransactions, type TestRedis, type TestServer } from '@sluice/testing';
import { expect } from 'vitest';
import { waiterStorm } from './waiter-storm.ts';

const CAPACITY = 5;

export interface Storm {
  redis: TestRedis;
  server: TestServer;
  queueName: string;
  producers: number;
  putsEach: number;
  seed: number;
}

/** Lets a storm pass over a queue and looks at what is left, and at every transaction on the way. */
export async function expectCalmAfter({ redis, server, queueName, ...storm }: Storm): Promise<void> {
  const result = await waiterStorm({ ...storm, redis: redis.url, queueName, capacity: CAPACITY });
  const client = await redis.client();
  const base = `bull:{${queueName}}`;

  expect(result.strange).toEqual([]);
  expect(result.put.length + result.refused.length + result.unknown.length).toBe(storm.producers * storm.putsEach);

  const completed = new Set(await client.zrange(`${base}:completed`, '0', '-1'));
  expect(result.put.filter((id) => !completed.has(`k.${id}`))).toEqual([]);
  expect(result.refused.filter((id) => completed.has(`k.${id}`))).toEqual([]);
  const maybe = new Set(result.unknown);
  expect(completed.size - result.put.length).toBeLessThanOrEqual(maybe.size);

  await expect
    .poll(() => client.exists(`${base}:sluice:waiters`, `${base}:sluice:tickets`), { timeout: 40_000 })
    .toBe(0);

  if (server.dataDir === null) return; // a container keeps its log to itself
  const report = await replayTransactions(server.dataDir, { storedName: `{${queueName}}` });
  expect(report.highestDepth).toBe(CAPACITY);
  expect(neverOver(report, CAPACITY)).toEqual([]);
}
