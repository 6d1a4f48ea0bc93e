import { describe, expect } from 'vitest';
import { type IdQueue, type IdSettings, idTest as test, sync } from './testing/known-ids-test.ts';

const HOUR_MS = 3_600_000;
const TAKEN = 'SLUICE_PUT_CONFLICT';

/** Who ends a job, what settings that takes, and the job's payload. */
const endings: [string, IdSettings, number, (queue: IdQueue) => Promise<void>][] = [
  ['a pool completed', {}, 1, byPool],
  ['a pool gave up', {}, -1, byPool],
  ['a BullMQ Worker on our backend completed', {}, 1, byWorker],
  ['a BullMQ Worker on our backend gave up', {}, -1, byWorker],
  ['another put dropped', { capacity: 1, whenFull: 'drop-oldest' }, 1, byDrop],
];

async function byPool(queue: IdQueue): Promise<void> {
  await queue.startPool();
  await queue.ended('a');
}

async function byWorker(queue: IdQueue): Promise<void> {
  queue.startWorker({ isOurs: true });
  await queue.ended('a');
}

async function byDrop(queue: IdQueue): Promise<void> {
  await queue.begin('newer');
  expect(await queue.plain.remove('k.newer')).toBe(1);
}

describe('the id of a job that has ended', () => {
  describe.each(endings)('because %s it', (_, settings, n, end) => {
    test('is known for its window, and new afterwards with any payload', async ({ open }) => {
      const queue = await open({ ...settings, idempotencyMs: HOUR_MS });
      await queue.begin('a', n);
      await end(queue);
      expect(await queue.put('a', n)).toBe('duplicate');
      expect(await queue.put('a', 2)).toBe(TAKEN);
      await queue.letPass('a', HOUR_MS - 60_000);
      expect(await queue.put('a', n)).toBe('duplicate');
      expect(await queue.put('a', 2)).toBe(TAKEN);
      await queue.letPass('a', 60_000);
      expect(await queue.put('a', 2, { delayMs: HOUR_MS })).toBe('created');
      expect(await queue.put('a', 2)).toBe('duplicate');
    });
  });

  test('is new after the age of a quiet queue', async ({ open }) => {
    const queue = await open({ keep: { completed: { ageMs: 1_000 }, dead: { ageMs: 1_000 } } });
    await queue.startPool();
    await queue.begin('completed', 1);
    await queue.begin('dead', -1);
    for (const id of ['completed', 'dead']) {
      await queue.ended(id);
      expect(await queue.put(id, 2)).toBe(TAKEN);
    }
    for (const id of ['completed', 'dead']) {
      await expect.poll(() => queue.put(id, 2)).toBe('created');
      await queue.ended(id);
      expect(await (await queue.producer).find(id)).toMatchObject({ state: 'completed', result: 2 });
    }
  });

  test('is known by default as long as the queue would keep the job', async ({ open }) => {
    const queue = await open({ keep: { completed: { ageMs: 60_000 }, dead: { ageMs: 2 * HOUR_MS } } });
    await queue.startPool();
    await queue.begin('completed');
    await queue.begin('dead', -1);
    for (const id of ['completed', 'dead']) {
      await queue.ended(id);
      await queue.letPass(id, 60_000);
    }
    expect(await queue.put('completed', 2)).toBe('created');
    expect(await queue.put('dead', 2)).toBe(TAKEN);
    await queue.letPass('dead', 2 * HOUR_MS);
    expect(await queue.put('dead', 2)).toBe('created');
  });

  test.for([0, 1])('is known though the queue keeps %s jobs', async (count, { open }) => {
    const queue = await open({ keep: { completed: { count }, dead: { count } } });
    await queue.startPool();
    await queue.begin('a');
    await queue.begin('b', -1);
    await queue.begin('c', -1);
    await queue.begin('d');
    for (const id of ['a', 'b', 'c', 'd']) await expect.poll(() => queue.remembered(id)).not.toBeNull();
    expect(await (await queue.producer).find('a')).toBeNull();
    expect(await queue.put('a')).toBe('duplicate');
    expect(await queue.put('a', 1, { priority: 3 })).toBe('duplicate');
    expect(await queue.put('a', 1, { delayMs: HOUR_MS })).toBe('duplicate');
    expect(await queue.put('a', 2)).toBe(TAKEN);
    expect(await queue.put('b', 1)).toBe(TAKEN);
    expect(await (await queue.producer).stats()).toMatchObject({ depth: 0 });
    await queue.letPass('a', HOUR_MS);
    expect(await queue.put('a', 2)).toBe('created');
  });

  test('is known though the worker that ended the job keeps nothing', async ({ open }) => {
    const queue = await open();
    await queue.begin('a');
    queue.startWorker({ isOurs: true }, { count: 0 });
    await expect.poll(() => queue.remembered('a')).not.toBeNull();
    expect(await queue.put('a')).toBe('duplicate');
    expect(await queue.put('a', 2)).toBe(TAKEN);
  });

  test('is known though the queue keeps no dropped job', async ({ open }) => {
    const queue = await open({ capacity: 1, whenFull: 'drop-oldest', keep: { dead: { count: 0 } } });
    await queue.begin('a');
    await byDrop(queue);
    expect(await queue.put('a')).toBe('duplicate');
  });

  test('is known as long as the job is kept that a foreign worker ended, and no longer than its window', async ({
    open,
  }) => {
    const queue = await open({ idempotencyMs: HOUR_MS });
    queue.startWorker({ isOurs: false });
    await queue.begin('a');
    await queue.ended('a');
    expect(await queue.remembered('a')).toBeNull();
    expect(await queue.put('a', 2)).toBe(TAKEN);
    await queue.letPass('a', HOUR_MS);
    expect(await queue.put('a', 2)).toBe('created');
  });

  test('is free at once with a window of 0, and taken until then', async ({ open }) => {
    const queue = await open({ idempotencyMs: 0 });
    await queue.begin('a');
    expect(await queue.put('a')).toBe('duplicate');
    expect(await queue.put('a', 2)).toBe(TAKEN);
    await queue.startPool();
    await queue.ended('a');
    expect(await queue.put('a', 2)).toBe('created');
    expect(await queue.client.exists(queue.bucket('a'))).toBe(0);
  });

  test('carries its window with it: the one of who puts later does not count', async ({ open }) => {
    const first = await open({ idempotencyMs: HOUR_MS });
    const second = await open({ idempotencyMs: 0 });
    await second.startPool();
    await first.begin('a');
    await first.ended('a');
    expect(await second.put('a', 2)).toBe(TAKEN);
  });

  test('is taken by one of those who put it again together', async ({ open }) => {
    const queue = await open({ idempotencyMs: HOUR_MS });
    await queue.begin('a');
    await byPool(queue);
    await queue.letPass('a', HOUR_MS);
    const puts = [2, 2, 3].map((n) => queue.put('a', n, { delayMs: HOUR_MS }));
    expect(await Promise.all(puts)).toEqual(['created', 'duplicate', TAKEN]);
  });

  test('is known again when the job was retried, and from its new end on', async ({ open }) => {
    const queue = await open({ idempotencyMs: HOUR_MS });
    await queue.begin('a', -1);
    await byPool(queue);
    await queue.letPass('a', HOUR_MS);
    await queue.plain.pause();
    await (await queue.plain.getJob('k.a'))?.retry();
    expect(await queue.put('a', 2)).toBe(TAKEN);
    await queue.plain.resume();
    await expect
      .poll(() => queue.remembered('a').then((memory) => Number(memory?.split(' ')[0]) > Date.now()))
      .toBe(true);
    expect(await queue.put('a', 2)).toBe(TAKEN);
  });

  test('is forgotten with a job that is cancelled or removed on our backend', async ({ open }) => {
    const queue = await open({ idempotencyMs: HOUR_MS });
    await queue.begin('a', -1);
    await byPool(queue);
    await queue.plain.pause();
    await (await queue.plain.getJob('k.a'))?.retry();
    expect(await (await queue.producer).cancel('a')).toBe('removed');
    expect(await queue.put('a', 2)).toBe('created');
  });
});

describe('a job that takes the id of one that has ended', () => {
  test('leaves nothing of the old one', async ({ open }) => {
    const queue = await open({ idempotencyMs: HOUR_MS });
    await queue.begin('a', -1);
    await byPool(queue);
    await queue.client.rpush(queue.key('k.a:logs'), 'a line');
    await queue.letPass('a', HOUR_MS);
    await queue.plain.pause();
    expect(await queue.put('a', 2)).toBe('created');
    expect(await queue.put('b', 2)).toBe('created');
    const [old, fresh] = await Promise.all(['k.a', 'k.b'].map((id) => queue.client.hkeys(queue.key(id))));
    expect(old?.toSorted()).toEqual(fresh?.toSorted());
    expect(await queue.client.exists(queue.key('k.a:logs'))).toBe(0);
    expect(await queue.plain.getJobCounts('failed', 'completed', 'wait')).toEqual({ failed: 0, completed: 0, wait: 2 });
  });

  test('waits for capacity like any other, and the old one is kept until then', async ({ open }) => {
    const queue = await open({ capacity: 1, idempotencyMs: HOUR_MS });
    await queue.begin('a');
    await byPool(queue);
    await queue.letPass('a', HOUR_MS);
    await queue.plain.pause();
    await queue.begin('filler');
    expect(await queue.put('a', 2, { waitMs: 0 })).toBe('SLUICE_QUEUE_FULL');
    expect(await (await queue.producer).find('a')).toMatchObject({ state: 'completed' });
    const waiting = queue.put('a', 2);
    await expect.poll(async () => (await queue.producer).stats()).toMatchObject({ waitingPuts: 1 });
    await (await queue.producer).cancel('filler');
    expect(await waiting).toBe('created');
  });

  test('does not take it from the child of a parent that still waits', async ({ open }) => {
    const queue = await open({ idempotencyMs: 0 });
    await queue.begin('a');
    await byPool(queue);
    await queue.client.hset(queue.key('k.a'), 'parentKey', queue.key('k.parent'));
    await queue.client.sadd(queue.key('k.parent:dependencies'), queue.key('k.a'));
    expect(await queue.put('a', 2)).toBe(TAKEN);
    await queue.client.del(queue.key('k.parent:dependencies'));
    expect(await queue.put('a', 2)).toBe('created');
  });
});

describe('remembered ids', () => {
  test('are those that callers gave alone', async ({ open }) => {
    const queue = await open();
    await queue.startPool();
    const producer = await queue.producer;
    for (let n = 0; n < 5; n += 1) await producer.result(await producer.put(sync, { n }));
    expect(await rememberedIn(queue)).toBe(0);
    await producer.result(await producer.put(sync, { n: 1 }, { id: 'given' }));
    expect(await rememberedIn(queue)).toBe(1);
  });

  test('go when their time is over: one by one, and with the last of them', async ({ open }) => {
    const queue = await open({ idempotencyMs: HOUR_MS, keep: { completed: { count: 0 } } });
    await queue.startPool();
    const bucket = queue.bucket('a');
    const over = Array.from({ length: 40 }, (_, n) => [`k.old-${n}`, '1 digest']);
    await queue.client.hset(bucket, ...over.flat());
    await queue.begin('a');
    await expect.poll(() => queue.remembered('a')).not.toBeNull();
    expect(await queue.client.hlen(bucket)).toBeLessThan(10);
    expect(await queue.client.pttl(bucket)).toBeGreaterThan(HOUR_MS - 60_000);
    expect(await queue.client.pttl(bucket)).toBeLessThanOrEqual(HOUR_MS);
  });

  test('survive the removal of orphans, and go with the queue', async ({ open }) => {
    const queue = await open({ keep: { completed: { count: 0 } } });
    await queue.begin('a');
    await queue.startPool();
    await expect.poll(() => queue.remembered('a')).not.toBeNull();
    await queue.plain.removeOrphanedJobs();
    expect(await queue.put('a')).toBe('duplicate');
    await (await queue.producer).obliterate();
    expect(await rememberedIn(queue)).toBe(0);
  });

  test('take less than 250 bytes of Redis each, where they are few', async ({ open }) => {
    const queue = await open({ keep: { completed: { count: 0 } } });
    await queue.startPool();
    const producer = await queue.producer;
    await Promise.all(
      Array.from({ length: 80 }, (_, n) => producer.put(sync, { n }, { id: `order-${n}-${'x'.repeat(12)}` })),
    );
    await expect.poll(() => rememberedIn(queue)).toBe(80);
    const sizes = await Promise.all(buckets(queue).map((key) => queue.client.memory('USAGE', key)));
    expect(sizes.reduce<number>((sum, size) => sum + Number(size ?? 0), 0) / 80).toBeLessThan(250);
  });

  test('mean nothing to a plain BullMQ queue', async ({ open }) => {
    const queue = await open({ keep: { completed: { count: 0 } } });
    await queue.begin('a');
    await queue.startPool();
    await expect.poll(() => queue.remembered('a')).not.toBeNull();
    await queue.plain.pause();
    await queue.plain.add('sync', { n: 1 }, { jobId: 'k.a' });
    expect(await queue.plain.getJobCountByTypes('wait')).toBe(1);
  });
});

function buckets(queue: IdQueue): string[] {
  return Array.from({ length: 256 }, (_, n) => queue.key(`sluice:ids:${n.toString(16).padStart(2, '0')}`));
}

async function rememberedIn(queue: IdQueue): Promise<number> {
  const lengths = await Promise.all(buckets(queue).map((key) => queue.client.hlen(key)));
  return lengths.reduce((sum, length) => sum + length, 0);
}
