import { type LocalRedis, startLocalRedis } from '@sluice/local-redis';
import { connectClient } from '@sluice/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keep } from '../process-group/group-contender.ts';
import { GroupMember } from '../process-group/group-member.ts';
import { openSides } from '../process-group/open-sides.ts';
import { socketOf } from '../redis-meter.ts';
import { FloorLife } from './floor-life.ts';

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

/** One life of a job in BullMQ. */
async function liveInBullmq(): Promise<void> {
  const sides = await openSides('bullmq');
  const [producer, worker] = [new GroupMember(sides), new GroupMember(sides)];
  const socketPath = socketOf(redis);
  await producer.obey({ type: 'open-producer', socketPath });
  await producer.obey({ type: 'put', jobs: 1, pace: { kind: 'in-flight', lanes: 1 } });
  await worker.obey({ type: 'open-worker', socketPath, slots: 1 });
  await expect.poll(() => client.zcard('bull:life:completed')).toBe(1);
  await producer.obey({ type: 'close' });
  await worker.obey({ type: 'close' });
}

/** What a life leaves under a prefix. Times and what they carry differ by nature. */
async function left(prefix: string): Promise<Record<string, unknown>> {
  const keys = (await client.keys(`${prefix}:*`)).map((key) => key.slice(prefix.length + 1));
  const fields = await client.hgetall(`${prefix}:1`);
  const events = await client.xrange(`${prefix}:events`, '-', '+');
  return {
    keys: keys.filter((key) => key !== 'meta' && key !== 'stalled-check' && key !== 'marker').toSorted(),
    fields: Object.keys(fields).toSorted(),
    counts: [fields['ats'], fields['atm'], fields['returnvalue']],
    completed: await client.zrange(`${prefix}:completed`, 0, '-1'),
    events: events.map(([, told]) => told),
  };
}

describe("the floor's life", () => {
  it('leaves what a life in BullMQ leaves, so that the comparison is one', async () => {
    using floor = await FloorLife.connect(socketOf(redis));
    await floor.live(1);
    await liveInBullmq();
    const bullmq = await left('bull:life');
    expect(bullmq['completed']).toEqual(['1']);
    expect(await left('floor:put')).toEqual(bullmq);
  });

  it('keeps as many completed jobs as all do', async () => {
    using floor = await FloorLife.connect(socketOf(redis));
    await floor.live(keep.count + 30);
    expect(await client.zcard('floor:put:completed')).toBe(keep.count);
    expect(await client.exists('floor:put:30', 'floor:put:31')).toBe(1);
    expect(await client.llen('floor:put:active')).toBe(0);
    expect(await client.keys('floor:put:*:lock')).toEqual([]);
  });
});
