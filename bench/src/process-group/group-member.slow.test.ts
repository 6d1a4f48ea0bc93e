import { describe, expect, it } from 'vitest';
import { usePrivateRedis } from '../testing/private-redis.ts';
import { GroupMember } from './group-member.ts';
import { groupContenderNames, groupContenders } from './contenders/known-contenders.ts';

const redis = usePrivateRedis();

describe.each(groupContenderNames)('%s', (contender) => {
  it('puts jobs that a worker takes, and both give account, run after run', async () => {
    const sides = await groupContenders[contender].load();
    const [producer, worker] = [new GroupMember(sides), new GroupMember(sides)];
    const socketPath = redis.socketPath;
    for (const jobs of [30, 10]) {
      await worker.handle({ type: 'open-worker', socketPath, slots: 5 });
      await producer.handle({ type: 'open-producer', socketPath });
      const put = await producer.handle({ type: 'put', jobs, pace: { kind: 'in-flight', puts: 8 } });
      expect(put).toMatchObject({ type: 'done', use: { cpuUs: expect.any(Number), rssBytes: expect.any(Number) } });

      await expect.poll(() => worker.handle({ type: 'account' })).toMatchObject({ account: { completed: jobs } });
      const answer = await worker.handle({ type: 'account' });
      if (answer.type !== 'account') throw new Error('no account');
      const { startedAfterMs, completedAfterMs, lastAtMs } = answer.account;
      expect(startedAfterMs).toHaveLength(jobs);
      expect(Math.min(...startedAfterMs)).toBeGreaterThan(0);
      expect(Math.max(...completedAfterMs)).toBeGreaterThan(Math.min(...startedAfterMs));
      expect(lastAtMs).toBeGreaterThan(0);
      for (const list of groupContenders[contender].lists) expect(await redis.client.llen(list)).toBe(0);
      await producer.handle({ type: 'close' });
      await worker.handle({ type: 'close' });
    }
  });
});
