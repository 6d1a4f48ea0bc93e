import { redisTest, type RedisFixtures } from '@sluice/testing/vitest';
import { describe, expect, type TestAPI } from 'vitest';
import { StalledQueue } from '../testing/stalled-queue.ts';
import type { LeaseThreadRedis } from '../../store/lease-store/lease-thread-redis.ts';
import { WorkerProcess } from '../testing/worker-process.ts';

const timings = { leaseMs: 10_000, renewMs: 2_000, sweepMs: 500 };

const test = redisTest.extend<{ queue: StalledQueue }>({
  queue: async ({ redis, prefix, queueName }, use) => {
    const client = await redis.client();
    using queue = new StalledQueue(client, { url: redis.url, prefix, queueName, timings });
    await use(queue);
  },
}) as unknown as TestAPI<RedisFixtures & { queue: StalledQueue }>;

async function put(queue: StalledQueue, ...ids: string[]): Promise<void> {
  for (const id of ids) await queue.client.hset(queue.key(id), { name: 'job', data: '{}', opts: '{}' });
  await queue.client.lpush(queue.key('wait'), ...ids);
}

async function sweep(queue: StalledQueue, thread: LeaseThreadRedis): Promise<readonly string[]> {
  await queue.sweptBefore(1_000);
  return (await thread.sweep(false)).ids;
}

/** One worker process after the other, each with so many slots, until nothing is left. A poison job ends its process. */
async function runToTheEnd(queue: StalledQueue, slots: number, isPoison: (id: string) => boolean) {
  const thread = await queue.leaseThread();
  const ended = { completed: [] as string[], dead: [] as string[], crashes: 0 };
  let worker = new WorkerProcess(queue);
  for (;;) {
    const first = await worker.take(slots);
    const taken = first === 'suspects' ? await worker.take(slots, { which: 'suspects' }) : first;
    if (taken === 'suspects' || taken.length === 0) return ended;
    const toFail = taken.filter((id) => worker.hasDeferredFailure(id));
    ended.dead.push(...toFail);
    if (toFail.length > 0) await worker.complete(...toFail);
    const running = taken.filter((id) => !toFail.includes(id));
    if (running.some(isPoison)) {
      ended.crashes += 1;
      await worker.die();
      await sweep(queue, thread);
      worker = new WorkerProcess(queue);
    } else if (running.length > 0) {
      await worker.complete(...running);
      ended.completed.push(...running);
    }
  }
}

describe('jobs that ran in a process when it died', () => {
  test.for([
    [10, 10],
    [100, 100],
    [100, 7],
  ] as const)('are told from the one of %i that killed it, with %i slots', async ([count, slots], { queue }) => {
    const ids = Array.from({ length: count }, (_, index) => `job${index}`);
    await put(queue, ...ids);
    const poison = `job${Math.floor(count / 2)}`;
    const ended = await runToTheEnd(queue, slots, (id) => id === poison);
    expect(ended.dead).toEqual([poison]);
    expect(ended.completed.toSorted()).toEqual(ids.filter((id) => id !== poison).toSorted());
    // The first crash, the halves, and what is allowed to a job that is alone.
    expect(ended.crashes).toBeLessThanOrEqual(1 + Math.ceil(Math.log2(slots)) + 3);
    expect(await queue.client.exists(queue.key('sluice:crash-suspects'))).toBe(0);
    expect(await queue.client.hexists(queue.key('meta'), 'sluice.crashSuspects')).toBe(0);
  });

  test('are distinguished from several that kill it', async ({ queue }) => {
    const ids = Array.from({ length: 20 }, (_, index) => `job${index}`);
    await put(queue, ...ids);
    const poison = ['job3', 'job4', 'job17'];
    const ended = await runToTheEnd(queue, 10, (id) => poison.includes(id));
    expect(ended.dead.toSorted()).toEqual(poison.toSorted());
    expect(ended.completed).toHaveLength(17);
  });

  test('count no crash, become suspects in two groups, and say when, with how many others and where', async ({
    queue,
  }) => {
    const thread = await queue.leaseThread();
    await put(queue, 'a', 'b', 'c');
    const worker = new WorkerProcess(queue);
    await worker.take(3);
    await worker.die();
    expect(await sweep(queue, thread)).toEqual(['a', 'b', 'c']);
    for (const id of ['a', 'b', 'c']) {
      const [stc, crashes] = await queue.client.hmget(queue.key(id), 'stc', 'sluice.crashes');
      expect(stc).toBeNull();
      expect(JSON.parse(crashes ?? '')).toEqual([[expect.any(Number), 3, `w-${worker.name}`, 'shared', 1]]);
    }
    const groups = await queue.client.zrange(queue.key('sluice:crash-suspects'), 0, '-1', 'WITHSCORES');
    expect(new Set([groups[1], groups[3], groups[5]]).size).toBe(2);
    expect(await queue.client.pttl(queue.key('sluice:crash-suspects'))).toBeGreaterThan(3_000_000);
  });

  test('are looked at together: not before the last lock of the process is gone', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await put(queue, 'early', 'late');
    const worker = new WorkerProcess(queue);
    await worker.take(2);
    await worker.die('early');
    expect(await sweep(queue, thread)).toEqual([]);
    await worker.die('late');
    expect(await sweep(queue, thread)).toEqual(['early', 'late']);
    expect(await queue.client.hget(queue.key('early'), 'stc')).toBeNull();
  });

  test('belong together over all pools of the process', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await put(queue, 'a', 'b');
    const worker = new WorkerProcess(queue, 2);
    expect(await worker.take(1)).toEqual(['a']);
    await queue.client.hdel(queue.key('a'), 'sluice.sharedDelivery');
    expect(await worker.take(1, { pool: 1 })).toEqual(['b']);
    await worker.die();
    expect(await sweep(queue, thread)).toEqual(['a', 'b']);
    for (const id of ['a', 'b']) expect(await queue.client.hget(queue.key(id), 'stc')).toBeNull();
  });

  test('have not crashed where another pool of the process lives', async ({ queue }) => {
    const worker = new WorkerProcess(queue, 2);
    const [thread, living] = [await queue.leaseThread(), await queue.leaseThread(`${worker.name}.2`)];
    await put(queue, 'a', 'b');
    await worker.take(1);
    await worker.take(1, { pool: 1 });
    await living.renew([], true);
    await worker.die('a');
    expect(await sweep(queue, thread)).toEqual(['a']);
    expect(await queue.client.hmget(queue.key('a'), 'stc', 'sluice.crashes')).toEqual([null, null]);
    expect(await queue.client.exists(queue.key('sluice:crash-suspects'))).toBe(0);
  });

  test('alone count a crash, unless others ran with them before', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await put(queue, 'alone', 'accompanied');
    const [first, second] = [new WorkerProcess(queue), new WorkerProcess(queue)];
    await first.take(1);
    await second.take(1);
    await second.noteCompany('accompanied');
    await Promise.all([first.die(), second.die()]);
    await sweep(queue, thread);
    expect(await queue.client.hget(queue.key('alone'), 'stc')).toBe('1');
    expect(await queue.client.hget(queue.key('accompanied'), 'stc')).toBeNull();
    expect(await queue.client.zcard(queue.key('sluice:crash-suspects'))).toBe(2);
  });
});

describe('the end of a process', () => {
  /** A worker with one job to itself, which was last heard of now; then nothing of it is left but that. */
  async function dieAlone(
    queue: StalledQueue,
    id: string,
    options: { machine: string; drains?: boolean },
  ): Promise<void> {
    await put(queue, id);
    const worker = new WorkerProcess(queue);
    await worker.take(1);
    const thread = await queue.leaseThread(`${worker.name}.1`, options.machine);
    await thread.renew([], true);
    if (options.drains) {
      thread.noteDrain();
      await thread.renew([], true);
    }
    await queue.client.del(queue.key(`sluice:pool:${worker.name}.1`));
    await worker.die();
  }

  async function judged(queue: StalledQueue, id: string): Promise<{ counted: string | null; how: unknown[] }> {
    const [counted = null, crashes] = await queue.client.hmget(queue.key(id), 'stc', 'sluice.crashes');
    return { counted, how: (JSON.parse(crashes ?? '[]') as unknown[][]).map((crash) => crash[3]) };
  }

  test('that was draining is evidence against nobody', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await dieAlone(queue, 'drained', { machine: 'a', drains: true });
    await dieAlone(queue, 'killed', { machine: 'b' });
    expect(await sweep(queue, thread)).toEqual(['drained', 'killed']);
    expect(await judged(queue, 'drained')).toEqual({ counted: null, how: ['drain'] });
    expect(await judged(queue, 'killed')).toEqual({ counted: '1', how: ['alone'] });
    expect(await queue.client.zrange(queue.key('sluice:crash-suspects'), 0, '-1')).toEqual(['killed']);
  });

  test('with which another one of its machine ended is evidence against nobody, jobs or not', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await dieAlone(queue, 'a', { machine: 'gone' });
    await dieAlone(queue, 'elsewhere', { machine: 'other' });
    const idle = await queue.leaseThread('idle.1', 'gone');
    await idle.renew([], true);
    // What else died shows a little later.
    expect(await sweep(queue, thread)).toEqual(['elsewhere']);
    await queue.client.del(queue.key('sluice:pool:idle.1'));
    expect(await sweep(queue, thread)).toEqual(['a']);
    expect(await judged(queue, 'a')).toEqual({ counted: null, how: ['machine'] });
    expect(await judged(queue, 'elsewhere')).toEqual({ counted: '1', how: ['alone'] });
  });

  test('is evidence where the other one ended earlier or later, closed, or lives', async ({ queue }) => {
    const thread = await queue.leaseThread();
    const [closed, earlier] = [await queue.leaseThread('closed.1', 'm'), await queue.leaseThread('earlier.1', 'm')];
    await Promise.all([closed.renew([], true), earlier.renew([], true)]);
    await closed.signOff();
    await queue.client.del(queue.key('sluice:pool:earlier.1'));
    await queue.client.zincrby(queue.key('sluice:last-heartbeats'), -5_500, 'earlier.1 m earlier runs');
    await dieAlone(queue, 'a', { machine: 'm' });
    const living = await queue.leaseThread('living.1', 'm');
    await living.renew([], true);
    await queue.client.zincrby(queue.key('sluice:last-heartbeats'), 8_500, 'living.1 m living runs');
    expect(await sweep(queue, thread)).toEqual(['a']);
    expect(await judged(queue, 'a')).toEqual({ counted: '1', how: ['alone'] });
  });

  test('is blamed on the machine three times in a row, then on the job', async ({ queue }) => {
    const thread = await queue.leaseThread();
    const key = queue.key('twin');
    for (const how of ['machine', 'machine', 'machine', 'alone', 'machine']) {
      await queue.client.del(
        queue.key('wait'),
        queue.key('sluice:crash-suspects'),
        queue.key('sluice:last-heartbeats'),
      );
      await queue.client.hdel(queue.key('meta'), 'sluice.crashSuspects');
      await dieAlone(queue, 'twin', { machine: 'm' });
      await dieAlone(queue, 'other', { machine: 'm' });
      await queue.client.hdel(queue.key('other'), 'sluice.crashes');
      await sweep(queue, thread);
      expect((await judged(queue, 'twin')).how.at(-1)).toBe(how);
    }
    expect(await queue.client.hget(key, 'stc')).toBe('1');
  });

  test('in two threads of which pools ran is one end', async ({ queue }) => {
    const thread = await queue.leaseThread();
    await dieAlone(queue, 'a', { machine: 'm' });
    const [entry = ''] = await queue.client.zrange(queue.key('sluice:last-heartbeats'), 0, '0');
    const now = await queue.client.zscore(queue.key('sluice:last-heartbeats'), entry);
    await queue.client.zadd(queue.key('sluice:last-heartbeats'), String(now), entry.replace(/^\S+/, 'thread.1'));
    await sweep(queue, thread);
    expect(await judged(queue, 'a')).toEqual({ counted: '1', how: ['alone'] });
  });
});

describe('crash suspects', () => {
  async function suspect(queue: StalledQueue, ...ids: string[]): Promise<void> {
    await put(queue, ...ids);
    const worker = new WorkerProcess(queue);
    await worker.take(ids.length);
    await worker.die();
    await sweep(queue, await queue.leaseThread());
  }

  test('are passed over by a busy process, which takes the others in their order', async ({ queue }) => {
    await suspect(queue, 'a', 'b', 'c');
    await put(queue, 'next', 'last', 'busy');
    await queue.client.lmove(queue.key('wait'), queue.key('wait'), 'LEFT', 'RIGHT'); // behind the suspects, as after a release
    const busy = new WorkerProcess(queue);
    expect(await busy.take(1, { which: 'others' })).toEqual(['busy']);
    expect(await busy.take(5)).toEqual(['next', 'last']);
    expect((await queue.lists()).wait).toEqual(['a', 'b', 'c']);
    expect(await busy.take(5)).toEqual([]);
  });

  test('come first where nothing runs, one group at a time', async ({ queue }) => {
    await suspect(queue, 'a', 'b', 'c');
    await put(queue, 'other');
    const idle = new WorkerProcess(queue);
    expect(await idle.take(5)).toBe('suspects');
    expect(await queue.client.exists(queue.key('marker'))).toBe(1); // somebody else may take what this one leaves
    expect(await idle.take(5, { which: 'suspects' })).toEqual(['b', 'a']); // as any job that is given back
    const another = new WorkerProcess(queue);
    expect(await another.take(5, { which: 'suspects' })).toEqual(['c']);
    expect(await queue.client.hget(queue.key('c'), 'sluice.sharedDelivery')).toBe('1'); // of the first delivery, not of this one
    expect(await another.take(5, { which: 'suspects' })).toEqual([]);
    expect(await new WorkerProcess(queue).take(5)).toEqual(['other']);
  });

  test('wait with their queue while that is paused', async ({ queue }) => {
    await suspect(queue, 'a', 'b');
    await queue.client.hset(queue.key('meta'), 'paused', 1);
    const idle = new WorkerProcess(queue);
    expect(await idle.take(5)).toEqual([]);
    expect(await idle.take(5, { which: 'suspects' })).toEqual([]);
    await queue.client.hdel(queue.key('meta'), 'paused');
    expect(await idle.take(5)).toBe('suspects');
  });

  test('are taken by groups where the queue is limited, and passed over there, too', async ({ queue }) => {
    await suspect(queue, 'a', 'b', 'c');
    await put(queue, 'other', 'another');
    await queue.client.hset(queue.key('meta'), 'concurrency', 5);
    const busy = new WorkerProcess(queue);
    expect(await busy.take(1, { which: 'others' })).toEqual(['other']);
    const idle = new WorkerProcess(queue);
    expect(await idle.take(5)).toBe('suspects');
    expect(await idle.take(5, { which: 'suspects' })).toEqual(['b', 'a']);
    expect(await busy.take(1)).toEqual(['another']);
    expect(await busy.take(1)).toEqual([]);
    expect((await queue.lists()).wait).toEqual(['c']);
  });

  test('are forgotten when they do not wait any more', async ({ queue }) => {
    await suspect(queue, 'a', 'b');
    await queue.client.lrem(queue.key('wait'), 1, 'a');
    const idle = new WorkerProcess(queue);
    expect(await idle.take(5)).toBe('suspects');
    expect(await idle.take(5, { which: 'suspects' })).toEqual([]);
    expect(await idle.take(5, { which: 'suspects' })).toEqual(['b']);
    await put(queue, 'c');
    expect(await new WorkerProcess(queue).take(5)).toEqual(['c']);
    expect(await queue.client.hexists(queue.key('meta'), 'sluice.crashSuspects')).toBe(0);
  });

  test('ask one busy process to pause, and the next one only half a minute later', async ({ queue }) => {
    await suspect(queue, 'a', 'b');
    const [first, second] = [new WorkerProcess(queue), new WorkerProcess(queue)];
    expect([await first.isAskedToPause(), await second.isAskedToPause()]).toEqual([true, false]);
    const askAt = Number(await queue.client.hget(queue.key('meta'), 'sluice.crashSuspects'));
    await queue.client.hset(queue.key('meta'), 'sluice.crashSuspects', askAt - 30_001);
    expect(await second.isAskedToPause()).toBe(true);
  });

  test('that crashed go behind those that were not tried yet', async ({ queue }) => {
    await suspect(queue, 'a', 'b', 'c', 'd');
    const worker = new WorkerProcess(queue);
    expect(await worker.take(5, { which: 'suspects' })).toEqual(['b', 'a']);
    await worker.die();
    await sweep(queue, await queue.leaseThread());
    const next = new WorkerProcess(queue);
    expect(await next.take(5, { which: 'suspects' })).toEqual(['d', 'c']);
    await next.complete('c', 'd');
    expect(await next.take(5, { which: 'suspects' })).toEqual(['b']);
  });
});
