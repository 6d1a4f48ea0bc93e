import { neverOver, replayTransactions, type TestRedis, type TestServer } from '@sluice/testing';
import { expect } from 'vitest';
import { waiterLoad } from './waiter-load.ts';

const CAPACITY = 5;

export interface Load {
  redis: TestRedis;
  server: TestServer;
  queueName: string;
  producers: number;
  putsEach: number;
  seed: number;
}

/** Runs a load on a queue, and checks what is left and every transaction. */
export async function expectCleanAfter({ redis, server, queueName, ...load }: Load): Promise<void> {
  const result = await waiterLoad({ ...load, redis: redis.url, queueName, capacity: CAPACITY });
  const client = await redis.client();
  const base = `bull:{${queueName}}`;

  expect(result.strange).toEqual([]);
  expect(result.put.length + result.refused.length + result.unknown.length).toBe(load.producers * load.putsEach);

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
