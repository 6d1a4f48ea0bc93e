import { type KeysMap, QueueKeys } from 'bullmq';
import { describe, expect } from 'vitest';
import { JobIdInvalidError, ResultExpiredError } from '../../job/errors/index.ts';
import { cancelJob } from './cancel-job.ts';
import { adminTest as test, putSteps, step } from '../admin/testing/admin-test.ts';

const keysOf = (queueName: string): KeysMap => new QueueKeys('bull').getKeys(`{${queueName}}`);

describe('cancel', () => {
  test('takes a job back that waits, and gives its capacity to the next', async ({ producer }) => {
    await putSteps(producer, 1, 3);
    const next = producer.put(step, { n: 4 }, { id: 'j4' });
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
    expect(await producer.cancel('j2')).toBe('removed');
    expect(await next).toMatchObject({ status: 'created', depth: 3 });
    expect(await producer.find('j2')).toBeNull();
  });

  test('takes delayed and prioritized jobs back, too', async ({ producer, redis, queueName }) => {
    await producer.put(step, { n: 1 }, { id: 'delayed', delayMs: 60_000 });
    await producer.put(step, { n: 2 }, { id: 'prioritized', priority: 7 });
    expect(await producer.cancel('delayed')).toBe('removed');
    expect(await producer.cancel('prioritized')).toBe('removed');
    expect(await producer.stats()).toMatchObject({ depth: 0, delayed: 0, prioritized: 0 });
    const client = await redis.client();
    expect(await client.keys(`bull:{${queueName}}:k.*`)).toEqual([]);
  });

  test('takes a job back that waits for its next attempt', async ({ kit, producer }) => {
    kit.work(async () => {
      throw new Error('not yet');
    });
    await kit.plainQueue().add('step', { n: 2 }, { jobId: 'k.slow', attempts: 3, backoff: 600_000 });
    await expect.poll(() => producer.find('slow')).toMatchObject({ state: 'delayed', attempts: 1 });
    expect(await producer.cancel('slow')).toBe('removed');
    expect(await producer.find('slow')).toBeNull();
  });

  test('cannot stop a job that a plain Worker of BullMQ runs', async ({ kit, producer }) => {
    kit.workUntilReleased();
    await producer.put(step, { n: 1 }, { id: 'running' });
    await expect.poll(() => producer.find('running')).toMatchObject({ state: 'active' });
    expect(await producer.cancel('running', { waitMs: 50 })).toBe('unconfirmed');
    kit.release();
    expect(await producer.result('running')).toBeNull();
  });

  test('leaves a running job alone whose lease ran out', async ({ kit, producer, redis, queueName }) => {
    kit.workUntilReleased();
    await producer.put(step, { n: 1 }, { id: 'running' });
    await expect.poll(() => producer.find('running')).toMatchObject({ state: 'active' });
    const client = await redis.client();
    const lock = `bull:{${queueName}}:k.running:lock`;
    const token = await client.getdel(lock);
    expect(await producer.cancel('running', { waitMs: 50 })).toBe('unconfirmed');
    await client.set(lock, token ?? '', 'PX', 30_000);
    kit.release();
    expect(await producer.result('running')).toBeNull();
  });

  test('leaves the result of a job that has ended', async ({ kit, producer }) => {
    kit.work();
    const receipt = await producer.put(step, { n: 1 }, { id: 'done' });
    expect(await producer.result(receipt)).toBeNull();
    expect(await producer.cancel('done')).toBe('ended');
    expect(await producer.result(receipt)).toBeNull();
  });

  test('leaves a parent alone that waits for its children', async ({ kit, producer, redis, queueName }) => {
    const queue = kit.plainQueue();
    const parent = await queue.add('parent', {}, { jobId: 'k.parent' });
    const client = await redis.client();
    const keys = keysOf(queueName);
    await client.lrem(keys['wait'] ?? '', 0, parent.id ?? '');
    await client.zadd(keys['waiting-children'] ?? '', Date.now(), parent.id ?? '');
    expect(await producer.cancel('parent')).toBe('refused');
    expect(await producer.stats()).toMatchObject({ waitingChildren: 1 });
  });

  test('of jobs that are being taken either takes them back or lets them run', async ({ kit, producer }) => {
    const ids = Array.from({ length: 100 }, (_, n) => `j${n + 1}`);
    await producer.setCapacity(ids.length);
    await putSteps(producer, 1, ids.length);
    const ran = new Set<string>();
    const first = Promise.withResolvers<void>();
    kit.work(async ({ id = '' }) => {
      ran.add(id.slice('k.'.length));
      first.resolve();
      return null;
    });
    await first.promise;
    const cancelled: string[] = [];
    // From the end of the list, while the worker comes from its head: they meet.
    for (const id of ids.toReversed()) if ((await producer.cancel(id, { waitMs: 0 })) === 'removed') cancelled.push(id);
    await producer.join();
    expect(cancelled).not.toEqual([]);
    expect([...ran, ...cancelled].toSorted()).toEqual(ids.toSorted());
    expect(await producer.stats()).toMatchObject({ completed: ran.size, dead: 0 });
  });

  test('knows nothing of a job that is not there, also after it was cancelled', async ({ producer }) => {
    await putSteps(producer, 1, 1);
    expect(await producer.cancel('j1')).toBe('removed');
    expect(await producer.cancel('j1')).toBe('unknown');
    expect(await producer.cancel('wait')).toBe('unknown');
    await expect(producer.cancel('')).rejects.toThrow(JobIdInvalidError);
  });

  test('ends waits for the result at once', async ({ producer }) => {
    await putSteps(producer, 1, 1);
    const result = producer.result('j1', { waitMs: 5_000 });
    const refused = expect(result).rejects.toThrow(ResultExpiredError);
    expect(await producer.cancel('j1')).toBe('removed');
    await refused;
  });

  test('allows a new job under the same id', async ({ producer }) => {
    await putSteps(producer, 1, 1);
    await producer.cancel('j1');
    expect(await producer.put(step, { n: 99 }, { id: 'j1' })).toMatchObject({ status: 'created', depth: 1 });
  });

  test('cannot end a job scheduler', async ({ kit, producer, redis, queueName }) => {
    const iteration = await kit.plainQueue().upsertJobScheduler('hourly', { every: 3_600_000 }, { name: 'tick' });
    const client = await redis.client();
    await expect.poll(() => producer.stats()).toMatchObject({ depth: 1 });
    const queue = { keys: keysOf(queueName), capacity: 3 };
    const call = <T>(operation: (of: typeof client) => Promise<T>): Promise<T> => operation(client);
    expect(await cancelJob(call, queue, iteration?.id ?? '', { waitMs: 0, reason: '' })).toBe('refused');
    expect(await producer.stats()).toMatchObject({ depth: 1 });
  });

  test('leaves a job alone that was put after the one that is meant', async ({ producer, redis, queueName }) => {
    await putSteps(producer, 1, 1);
    const client = await redis.client();
    const queue = { keys: keysOf(queueName), capacity: 3 };
    const call = <T>(operation: (of: typeof client) => Promise<T>): Promise<T> => operation(client);
    const meant = { waitMs: 0, reason: '', putAt: '1' };
    expect(await cancelJob(call, queue, 'k.j1', meant)).toBe('ended');
    expect(await producer.stats()).toMatchObject({ depth: 1 });
  });

  test('removes the oldest of a long queue, and moves no other', async ({ producer, redis, queueName }) => {
    await putSteps(producer, 1, 2);
    const client = await redis.client();
    const wait = keysOf(queueName)['wait'] ?? '';
    const others = Array.from({ length: 6_000 }, (_, n) => `other-${n}`);
    await client.lpush(wait, ...others);
    expect(await producer.cancel('j1')).toBe('removed');
    expect(await client.lrange(wait, 0, -1)).toEqual([...others.toReversed(), 'k.j2']);
  });

  test('works again after the server forgot its scripts', async ({ producer, redis }) => {
    await putSteps(producer, 1, 2);
    await producer.cancel('j1');
    const client = await redis.client();
    await client.script('FLUSH');
    expect(await producer.cancel('j2')).toBe('removed');
  });
});
