import { describe, expect, it } from 'vitest';
import { usePrivateRedis } from '../../testing/private-redis.ts';
import type { Contender } from '../contender.ts';
import { type ContenderName, contenders, openContender, redisContenderNames } from './known-contenders.ts';
import { payloadOf, type PayloadSize } from '../put-plan.ts';

const redis = usePrivateRedis();

const opened = async (name: ContenderName): Promise<Contender & AsyncDisposable> => {
  const contender = await openContender(name, redis.socketPath);
  return { ...contender, [Symbol.asyncDispose]: async () => void (await contender.close()) };
};
const payloads = Array.from({ length: 250 }, (_, n) => payloadOf('small', n));

describe.each(redisContenderNames)('%s', (name) => {
  const waiting = (): Promise<number> => redis.client.llen(contenders[name].waitKey ?? '');

  it('has every job in Redis when its put is answered', async () => {
    await using contender = await opened(name);
    for (let n = 0; n < 3; n += 1) {
      await contender.put(payloadOf('small', n));
      expect(await waiting()).toBe(n + 1);
    }
  });

  it('has a whole batch in Redis when that is answered', async () => {
    await using contender = await opened(name);
    await contender.putBatch(payloads);
    expect(await waiting()).toBe(payloads.length);
  });

  it('has all of many puts at once in Redis', async () => {
    await using contender = await opened(name);
    await Promise.all(payloads.map((payload) => contender.put(payload)));
    expect(await waiting()).toBe(payloads.length);
  });
});

/** What stands under a queue's prefix after one put. The clock and the ids of events differ by nature. */
async function storedBy(name: ContenderName, prefix: string, size: PayloadSize): Promise<Record<string, unknown>> {
  await using contender = await opened(name);
  await redis.client.flushall();
  await contender.put(payloadOf(size, 7));
  const [id = ''] = await redis.client.lrange(`${prefix}:wait`, 0, -1);
  const { timestamp, ...job } = await redis.client.hgetall(`${prefix}:${id}`);
  expect(Number(timestamp)).toBeGreaterThan(0);
  const { opts, ...fields } = job;
  const events = await redis.client.xrange(`${prefix}:events`, '-', '+');
  return {
    id,
    fields,
    opts: JSON.parse(opts ?? ''),
    counter: await redis.client.get(`${prefix}:id`),
    marker: await redis.client.zrange(`${prefix}:marker`, 0, '-1', 'WITHSCORES'),
    events: events.map(([, told]) => told),
  };
}

describe('the floor', () => {
  it('stores what BullMQ stores, so that the comparison is one', async () => {
    const bullmq = await storedBy('bullmq', 'bull:put', '1 KB');
    expect(bullmq).toMatchObject({ fields: { name: 'bench' }, counter: '1' });
    expect(await storedBy('floor', 'floor:put', '1 KB')).toEqual({ ...bullmq, events: expect.any(Array) });
  });

  it('emits as many events for the job', async () => {
    const [bullmq, floor] = [
      await storedBy('bullmq', 'bull:put', 'small'),
      await storedBy('floor', 'floor:put', 'small'),
    ];
    expect(floor['events']).toEqual(bullmq['events']);
  });
});

it('all store the payload to the letter', async () => {
  const json = JSON.stringify(payloadOf('1 KB', 7));
  for (const [name, prefix] of [
    ['bullmq', 'bull:put'],
    ['floor', 'floor:put'],
    ['backend-bounded', 'bull:bounded'],
    ['backend-unbounded', 'bull:unbounded'],
    ['sluice', 'bull:{put}'],
  ] as const) {
    expect(await storedBy(name, prefix, '1 KB')).toMatchObject({ fields: { data: json } });
  }
  await using bee = await opened('bee-queue');
  await bee.put(payloadOf('1 KB', 7));
  expect(Object.values(await redis.client.hgetall('bq:put:jobs'))[0]).toContain(json);
});
