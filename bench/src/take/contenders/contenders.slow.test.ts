import { describe, expect, it } from 'vitest';
import { payloadOf } from '../../put/put-plan.ts';
import { usePrivateRedis } from '../../testing/private-redis.ts';
import { MeasuredRun } from '../measured-run.ts';
import { type ContenderName, contenders, redisContenderNames } from './known-contenders.ts';
import { baseCase, KEEP_COUNT, retentions } from '../take-plan.ts';

const redis = usePrivateRedis();

const order = { ...baseCase, slots: 7, jobs: 50 };
const finished = { bullmq: 'bull:take', sluice: 'bull:{take}' } as const;

describe.each(redisContenderNames)('%s', (name) => {
  const { lists } = contenders[name];

  it('works off all jobs, whatever their handlers do, and leaves none', async () => {
    for (const over of [{}, { work: 'random', result: true }, { slots: 1, payload: '1 KB' }] as const) {
      await redis.client.flushall();
      const run = await MeasuredRun.prepare(name, redis.socketPath, { ...order, ...over });
      const cost = await run.go();
      expect(cost.elapsedMs).toBeGreaterThan(0);
      expect(cost.nodeCpuUs).toBeGreaterThan(0);
      for (const list of lists) expect(await redis.client.llen(list)).toBe(0);
      await run.close();
    }
  });

  it('has every job waiting, and none running, until it is let go', async () => {
    const handled: string[] = [];
    const all = Promise.withResolvers<void>();
    const payloads = Array.from({ length: 20 }, (_, n) => payloadOf('small', n));
    let completed = 0;
    const prepare = await contenders[name].load();
    const run = await prepare({
      address: redis.socketPath,
      order,
      payloads,
      handle: async ({ url }) => {
        handled.push(url);
        return null;
      },
      onCompleted: () => {
        completed += 1;
        if (completed === payloads.length) all.resolve();
      },
    });
    expect(await redis.client.llen(lists[0] ?? '')).toBe(payloads.length);
    expect(await redis.client.llen(lists[1] ?? '')).toBe(0);
    expect(handled).toEqual([]);
    await run.go();
    await all.promise;
    expect(handled.toSorted()).toEqual(payloads.map(({ url }) => url));
    await run.close();
  });
});

describe.each(['bullmq', 'sluice'] as const satisfies ContenderName[])('the queue of %s', (name) => {
  const prefix = finished[name];

  it('is held back by a pause, which is not over before the run begins', async () => {
    const run = await MeasuredRun.prepare(name, redis.socketPath, order);
    expect(await redis.client.hget(`${prefix}:meta`, 'paused')).toBe('1');
    await run.go();
    expect(await redis.client.hget(`${prefix}:meta`, 'paused')).toBeNull();
    await run.close();
  });

  it('holds jobs with the same attempts and backoff', async () => {
    const run = await MeasuredRun.prepare(name, redis.socketPath, { ...order, jobs: 1 });
    const [id = ''] = await redis.client.lrange(`${prefix}:wait`, 0, '-1');
    const options = JSON.parse((await redis.client.hget(`${prefix}:${id}`, 'opts')) ?? '');
    expect(options).toMatchObject({ attempts: 3, backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 } });
    await run.go();
    await run.close();
  });

  it.each(retentions)('keeps the last jobs, by %s', async (retention) => {
    const jobs = KEEP_COUNT + 60;
    const run = await MeasuredRun.prepare(name, redis.socketPath, { ...order, slots: 50, jobs, retention });
    await run.go();
    expect(await redis.client.zcard(`${prefix}:completed`)).toBe(KEEP_COUNT);
    await run.close();
  });

  it('has the result of a job, or none', async () => {
    const returned = async (result: boolean): Promise<unknown> => {
      await redis.client.flushall();
      const run = await MeasuredRun.prepare(name, redis.socketPath, { ...order, jobs: 1, result });
      await run.go();
      await run.close();
      const [id = ''] = await redis.client.zrange(`${prefix}:completed`, 0, '-1');
      return JSON.parse((await redis.client.hget(`${prefix}:${id}`, 'returnvalue')) ?? '');
    };
    expect(await returned(false)).toBeNull();
    const { url } = payloadOf('small', 0);
    expect(await returned(true)).toEqual({ status: 200, digest: 'd'.repeat(64), bytes: 12_345, url });
  });
});
