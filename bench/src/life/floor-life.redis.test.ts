import { describe, expect, it } from 'vitest';
import { KEEP } from '../process-group/group-contender.ts';
import { GroupMember } from '../process-group/group-member.ts';
import { groupContenders } from '../process-group/contenders/known-contenders.ts';
import { usePrivateRedis } from '../testing/private-redis.ts';
import { FloorLife } from './floor-life.ts';

const redis = usePrivateRedis();

/** One life of a job in BullMQ. */
async function liveInBullmq(): Promise<void> {
  const sides = await groupContenders.bullmq.load();
  const [producer, worker] = [new GroupMember(sides), new GroupMember(sides)];
  const socketPath = redis.socketPath;
  await producer.handle({ type: 'open-producer', socketPath });
  await producer.handle({ type: 'put', jobs: 1, pace: { kind: 'in-flight', puts: 1 } });
  await worker.handle({ type: 'open-worker', socketPath, slots: 1 });
  await expect.poll(() => redis.client.zcard('bull:life:completed')).toBe(1);
  await producer.handle({ type: 'close' });
  await worker.handle({ type: 'close' });
}

/** What a life leaves under a prefix. Times and what they carry differ by nature. */
async function left(prefix: string): Promise<Record<string, unknown>> {
  const keys = (await redis.client.keys(`${prefix}:*`)).map((key) => key.slice(prefix.length + 1));
  const fields = await redis.client.hgetall(`${prefix}:1`);
  const events = await redis.client.xrange(`${prefix}:events`, '-', '+');
  return {
    keys: keys.filter((key) => key !== 'meta' && key !== 'stalled-check' && key !== 'marker').toSorted(),
    fields: Object.keys(fields).toSorted(),
    counts: [fields['ats'], fields['atm'], fields['returnvalue']],
    completed: await redis.client.zrange(`${prefix}:completed`, 0, '-1'),
    events: events.map(([, told]) => told),
  };
}

describe("the floor's life", () => {
  it('leaves what a life in BullMQ leaves, so that the comparison is one', async () => {
    using floor = await FloorLife.connect(redis.socketPath);
    await floor.live(1);
    await liveInBullmq();
    const bullmq = await left('bull:life');
    expect(bullmq['completed']).toEqual(['1']);
    expect(await left('floor:put')).toEqual(bullmq);
  });

  it('keeps as many completed jobs as all do', async () => {
    using floor = await FloorLife.connect(redis.socketPath);
    await floor.live(KEEP.count + 30);
    expect(await redis.client.zcard('floor:put:completed')).toBe(KEEP.count);
    expect(await redis.client.exists('floor:put:30', 'floor:put:31')).toBe(1);
    expect(await redis.client.llen('floor:put:active')).toBe(0);
    expect(await redis.client.keys('floor:put:*:lock')).toEqual([]);
  });
});
