import { isolatedRedisTest, neverOver, replayTransactions } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { dropLoad } from './testing/drop-load.ts';

const CAPACITY = 5;

describe('after a load of puts that wait, are refused and drop each other', () => {
  isolatedRedisTest('the bound held, and every job is accounted for', async ({ redis, server, queueName }) => {
    const load = { redis: redis.url, queueName, capacity: CAPACITY, producers: 6, putsEach: 80 };
    const { put, dropped, refused } = await dropLoad(load);
    const client = await redis.client();
    const base = `bull:{${queueName}}`;

    expect(put.length + refused.length).toBe(load.producers * load.putsEach);
    expect(dropped).not.toEqual([]);
    const completed = await client.zrange(`${base}:completed`, '0', '-1');
    const dead = await client.zrange(`${base}:failed`, '0', '-1');
    expect(dead.toSorted()).toEqual(dropped.map((id) => `k.${id}`).toSorted());
    expect([...completed, ...dead].toSorted()).toEqual(put.map((id) => `k.${id}`).toSorted());
    expect(await client.hget(`${base}:meta`, 'sluice.dropped')).toBe(String(dropped.length));
    const waiterKeys = [`${base}:sluice:waiters`, `${base}:sluice:tickets`];
    await expect.poll(() => client.exists(...waiterKeys), { timeout: 40_000 }).toBe(0);

    if (server.dataDir === null) return; // a container keeps its log to itself
    const report = await replayTransactions(server.dataDir, { storedName: `{${queueName}}` });
    expect(report.highestDepth).toBe(CAPACITY);
    expect(neverOver(report, CAPACITY)).toEqual([]);
  });
});
