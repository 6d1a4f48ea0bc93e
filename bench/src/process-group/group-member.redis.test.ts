import { type LocalRedis, startLocalRedis } from '@sluice/local-redis';
import { connectClient } from '@sluice/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { socketOf } from '../redis-meter.ts';
import { groupContenders, groupFacts } from './group-contender.ts';
import { GroupMember } from './group-member.ts';
import { openSides } from './open-sides.ts';

let redis: LocalRedis;
let client: Redis;

beforeAll(async () => {
  redis = await startLocalRedis();
  client = await connectClient(redis.url);
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});
beforeEach(() => client.flushall());

describe.each(groupContenders)('%s', (contender) => {
  it('puts jobs that a worker takes, and both give account, run after run', async () => {
    const sides = await openSides(contender);
    const [producer, worker] = [new GroupMember(sides), new GroupMember(sides)];
    const socketPath = socketOf(redis);
    for (const jobs of [30, 10]) {
      await worker.obey({ type: 'open-worker', socketPath, slots: 5 });
      await producer.obey({ type: 'open-producer', socketPath });
      const put = await producer.obey({ type: 'put', jobs, pace: { kind: 'in-flight', lanes: 8 } });
      expect(put).toMatchObject({ type: 'done', use: { cpuUs: expect.any(Number), rssBytes: expect.any(Number) } });

      await expect.poll(() => worker.obey({ type: 'account' })).toMatchObject({ account: { completed: jobs } });
      const answer = await worker.obey({ type: 'account' });
      if (answer.type !== 'account') throw new Error('no account');
      const { startedAfterMs, completedAfterMs, lastAt } = answer.account;
      expect(startedAfterMs).toHaveLength(jobs);
      expect(Math.min(...startedAfterMs)).toBeGreaterThan(0);
      expect(Math.max(...completedAfterMs)).toBeGreaterThan(Math.min(...startedAfterMs));
      expect(lastAt).toBeGreaterThan(0);
      for (const list of groupFacts[contender].lists) expect(await client.llen(list)).toBe(0);
      await producer.obey({ type: 'close' });
      await worker.obey({ type: 'close' });
    }
  });
});
