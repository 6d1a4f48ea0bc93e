import { Queue } from 'bullmq';
import { expect, it } from 'vitest';
import { BenchRedis } from '../../redis-meter.ts';
import { ActiveJobs } from './active-jobs.ts';
import { Backlog, backlogKinds } from './backlog.ts';
import { MEASURED_JOBS } from './growth-jobs.ts';

it.each(backlogKinds)('a backlog of %s jobs has the size that is asked for, also after a measurement', async (kind) => {
  await using redis = await BenchRedis.start({ onProgress: () => {} });
  await using backlog = await Backlog.open(kind, redis);
  const queue = new Queue('{growth}', { connection: { path: redis.socketPath } });
  const count = (): Promise<number> => queue.getJobCountByTypes(kind);
  await backlog.grow(10);
  expect(await count()).toBe(10);
  await backlog.measure();
  const left = kind === 'completed' ? MEASURED_JOBS : 0; // those that were measured are completed as well
  expect(await count()).toBe(10 + left);
  await backlog.grow(25);
  expect(await count()).toBe(25 + left);
  await queue.close();
});

it('active jobs are as many as asked for, before and after a measurement', async () => {
  await using redis = await BenchRedis.start({ onProgress: () => {} });
  await using active = await ActiveJobs.open(redis);
  const queue = new Queue('{growth}', { connection: { path: redis.socketPath } });
  for (const size of [1, 30]) {
    await active.grow(size);
    expect(await queue.getActiveCount()).toBe(size);
    await active.measure();
    expect(await queue.getActiveCount()).toBe(size);
    expect(await queue.getWaitingCount()).toBe(0);
  }
  await queue.close();
});
