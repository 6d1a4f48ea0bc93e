import { Queue, QueueKeys } from 'bullmq';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import {
  JobIdInvalidError,
  PayloadInvalidError,
  PutConflictError,
  PutOptionError,
  QueueClosedError,
  QueueFullError,
  UnknownJobError,
} from '../job/errors/index.ts';
import { storedId } from '../store/keys/queue-keys.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { flow } from './flow/flow-node.ts';
import { connectProducer } from './connect-producer.ts';

const greet = defineJob({ name: 'greet', payload: z.strictObject({ n: z.int() }), result: z.null() });
const other = defineJob({ name: 'other', payload: z.null(), result: z.null() });

const test = redisTest.extend<{ capacity: number; producer: Awaited<ReturnType<typeof connectTo>> }>({
  capacity: 3,
  producer: async ({ redis, queueName, capacity }, use) => {
    await using producer = await connectTo(redis.url, queueName, capacity);
    await use(producer);
  },
});

function connectTo(redis: string, name: string, capacity: number) {
  return connectProducer(defineQueue({ name, jobs: [greet], capacity }), { redis });
}

async function fill(producer: Awaited<ReturnType<typeof connectTo>>, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await producer.put(greet, { n }, { id: `filler-${n}` });
}

describe('put', () => {
  test('adds a job and says how full the queue is', async ({ producer }) => {
    const receipt = await producer.put(greet, { n: 1 }, { id: 'one' });
    expect(receipt).toEqual({ id: 'one', job: 'greet', status: 'created', depth: 1, capacity: 3, waitedMs: 0 });
    expect(await producer.stats()).toMatchObject({ depth: 1, waiting: 1, capacity: 3, over: 0 });
  });

  test('leaves a job that a plain BullMQ queue can read', async ({ producer, redis, queueName }) => {
    const { id } = await producer.put(greet, { n: 7 }, { attempts: 2 });
    await using queue = new DisposableQueue(`{${queueName}}`, redis.url);
    const job = await queue.getJob(id);
    expect(job).toMatchObject({ name: 'greet', data: { n: 7 }, opts: { attempts: 2 } });
    expect(await job?.getState()).toBe('waiting');
  });

  test.for([
    ['a date', (ms: number) => new Date(ms), {}],
    ['milliseconds', (ms: number) => ms, { delayMs: 10 }],
  ] as const)('stores when a job expires, given as %s', async ([, form, more], { producer, redis, queueName }) => {
    const expiresAtMs = Date.now() + 60_000;
    const { id } = await producer.put(greet, { n: 1 }, { expiresAt: form(expiresAtMs), ...more });
    await using queue = new DisposableQueue(`{${queueName}}`, redis.url);
    expect((await queue.getJob(id))?.opts).toMatchObject({ sluice: { e: expiresAtMs } });
  });

  test.for([
    ['a short call', {}],
    ['a call of BullMQ’s', { delayMs: 10 }],
  ] as const)('stores a digest with the caller’s id only, in %s', async ([, more], { producer, redis, queueName }) => {
    const made = await producer.put(greet, { n: 1 }, more);
    await producer.put(greet, { n: 1 }, { ...more, id: 'named' });
    await using queue = new DisposableQueue(`{${queueName}}`, redis.url);
    const stampOf = async (id: string): Promise<unknown> =>
      ((await queue.getJob(id))?.opts as { sluice?: unknown } | undefined)?.sluice;
    expect(await stampOf(made.id)).toEqual({ v: 1 });
    expect(await stampOf(storedId('named'))).toMatchObject({ v: 1, d: expect.stringMatching(/^[0-9a-f]{16}$/) });
  });

  test('waits for capacity no longer than the job is wanted', async ({ producer }) => {
    await fill(producer, 3);
    const begunAt = performance.now();
    await expect(producer.put(greet, { n: 9 }, { expiresAt: Date.now() + 150 })).rejects.toThrow(QueueFullError);
    const tookMs = performance.now() - begunAt;
    expect(tookMs).toBeGreaterThan(100);
    expect(tookMs).toBeLessThan(5_000);
  });

  test.for([0, Date.now() - 1, Number.NaN, new Date(Number.NaN), Date.now() + 1e12])(
    'refuses an expiry of %s',
    async (expiresAt, { producer }) => {
      await expect(producer.put(greet, { n: 1 }, { expiresAt })).rejects.toThrow(PutOptionError);
    },
  );

  test('waits for capacity and takes it when a job leaves', async ({ producer, redis, queueName }) => {
    await fill(producer, 3);
    const waiting = producer.put(greet, { n: 9 });
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1, depth: 3 });
    await using queue = new DisposableQueue(`{${queueName}}`, redis.url);
    await queue.remove('k.filler-0');
    expect(await waiting).toMatchObject({ status: 'created', depth: 3, waitedMs: expect.toSatisfy((ms) => ms > 0) });
  });

  test('gives up after waitMs and says what it found', async ({ producer, queueName }) => {
    await fill(producer, 3);
    const refusal = producer.put(greet, { n: 9 }, { waitMs: 60 });
    await expect(refusal).rejects.toThrow(QueueFullError);
    await expect(refusal).rejects.toMatchObject({ queue: queueName, depth: 3, capacity: 3, reason: 'capacity' });
    await expect(refusal).rejects.toSatisfy((error) => error.waitedMs >= 59 && error.waitedMs < 1_000);
    expect(await producer.stats()).toMatchObject({ depth: 3, waitingPuts: 0 });
  });

  test('stops waiting when its signal aborts, and adds nothing later', async ({ producer, redis, queueName }) => {
    await fill(producer, 3);
    const leaving = new AbortController();
    const put = producer.put(greet, { n: 9 }, { id: 'gone', signal: leaving.signal });
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
    leaving.abort(new Error('changed my mind'));
    await expect(put).rejects.toThrow('changed my mind');
    await using queue = new DisposableQueue(`{${queueName}}`, redis.url);
    await queue.remove('k.filler-0');
    await producer.put(greet, { n: 10 }, { id: 'next' });
    expect(await producer.find('gone')).toBeNull();
  });

  test('lets those who wait longest in first', async ({ producer, redis, queueName }) => {
    await fill(producer, 3);
    const order: number[] = [];
    const puts = [1, 2, 3, 4].map((n) => producer.put(greet, { n }).then(() => order.push(n)));
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 4 });
    await using queue = new DisposableQueue(`{${queueName}}`, redis.url);
    for (let left = 4; left > 0; left -= 1) {
      const [job] = await queue.getWaiting(0, 0);
      await job?.remove();
      await vi.waitFor(() => expect(order).toHaveLength(5 - left));
    }
    await Promise.all(puts);
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test('lets a put that may not wait fail alone among those that were sent with it', async ({ producer }) => {
    const results = await Promise.allSettled([
      producer.put(greet, { n: 0 }),
      producer.put(greet, { n: 1 }),
      producer.put(greet, { n: 0.5 }),
      producer.put(greet, { n: 2 }, { id: 'two' }),
      producer.put(greet, { n: 3 }, { id: 'two' }),
      producer.tryPut(greet, { n: 4 }),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(await producer.stats()).toMatchObject({ depth: 3 });
  });

  test('keeps the order of puts that were started together, whatever their kind', async ({ producer }) => {
    const options = [{ delayMs: 1 }, { priority: 1 }, {}];
    const puts = options.map((option) => producer.put(greet, { n: 1 }, { id: 'same', ...option }));
    expect((await Promise.all(puts)).map(({ status }) => status)).toEqual(['created', 'duplicate', 'duplicate']);
  });

  test('refuses what needs no Redis to be wrong, with the place', async ({ producer }) => {
    const bad = { n: 'x' } as unknown as { n: number };
    await expect(producer.put(greet, bad)).rejects.toThrow(PayloadInvalidError);
    await expect(producer.put(greet, bad)).rejects.toMatchObject({ issues: [{ path: ['n'] }] });
    await expect(producer.put(greet, { n: 1 }, { id: '' })).rejects.toThrow(JobIdInvalidError);
    await expect(producer.put(greet, { n: 1 }, { delayMs: -1 })).rejects.toThrow(PutOptionError);
    await expect(producer.put(other as unknown as typeof greet, { n: 1 })).rejects.toThrow(UnknownJobError);
    expect(await producer.stats()).toMatchObject({ depth: 0 });
  });

  test('counts delayed and prioritized jobs, too', async ({ producer }) => {
    await producer.put(greet, { n: 1 }, { delayMs: 60_000 });
    await producer.put(greet, { n: 2 }, { priority: 5 });
    await producer.put(greet, { n: 3 });
    expect(await producer.stats()).toMatchObject({ delayed: 1, prioritized: 1, waiting: 1, depth: 3 });
    await expect(producer.tryPut(greet, { n: 4 })).rejects.toThrow(QueueFullError);
  });
});

describe('an id', () => {
  test('that is there already is answered as a duplicate, also when the queue is full', async ({ producer }) => {
    await fill(producer, 3);
    const again = await producer.tryPut(greet, { n: 1 }, { id: 'filler-1' });
    expect(again).toMatchObject({ id: 'filler-1', status: 'duplicate', depth: 3 });
  });

  test('that carries another payload is a conflict', async ({ producer }) => {
    await producer.put(greet, { n: 1 }, { id: 'mine' });
    await expect(producer.put(greet, { n: 2 }, { id: 'mine' })).rejects.toThrow(PutConflictError);
    expect(await producer.stats()).toMatchObject({ depth: 1 });
  });

  test('of a receipt leads to the same job when it is put again', async ({ producer }) => {
    const { id } = await producer.put(greet, { n: 1 });
    expect(await producer.put(greet, { n: 1 }, { id })).toMatchObject({ id, status: 'duplicate' });
  });

  test('of a receipt that carries another payload is a conflict', async ({ producer }) => {
    const { id } = await producer.put(greet, { n: 1 });
    await expect(producer.put(greet, { n: 2 }, { id })).rejects.toThrow(PutConflictError);
    expect(await producer.stats()).toMatchObject({ depth: 1 });
  });

  describe('may be the name of any key (A5)', () => {
    test.override({ capacity: 100 });

    test('of BullMQ or ours, through put', async ({ producer }) => {
      const names = [
        ...Object.keys(new QueueKeys('bull').getKeys('x')),
        'sluice:reply:x',
        'sluice:waiters',
        '42',
        'é:/ %',
      ];
      const ids = names.filter((name) => name !== '');
      for (const [n, id] of ids.entries()) {
        expect(await producer.put(greet, { n }, { id })).toMatchObject({ id, status: 'created', depth: n + 1 });
      }
      for (const [n, id] of ids.entries()) {
        expect(await producer.put(greet, { n }, { id })).toMatchObject({ status: 'duplicate' });
        expect(await producer.find(id)).toMatchObject({ id, state: 'waiting' });
      }
    });
  });
});

describe('putMany', () => {
  test('yields receipts in order and waits for capacity', async ({ producer, redis, queueName }) => {
    await using queue = new DisposableQueue(`{${queueName}}`, redis.url);
    const ids: string[] = [];
    const payloads = Array.from({ length: 10 }, (_, n) => ({ n }));
    for await (const receipt of producer.putMany(greet, payloads, { id: ({ n }) => `n${n}` })) {
      ids.push(receipt.id);
      await queue.remove(`k.${receipt.id}`);
    }
    expect(ids).toEqual(payloads.map(({ n }) => `n${n}`));
  });

  test('stops waiting for capacity when its reader leaves', async ({ producer }) => {
    for await (const receipt of producer.putMany(greet, [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }, { n: 5 }])) {
      expect(receipt.status).toBe('created');
      if (receipt.depth === 3) break;
    }
    await expect.poll(() => producer.stats()).toMatchObject({ depth: 3, waitingPuts: 0 });
  });
});

describe('close', () => {
  test('refuses puts that wait and puts that come later', async ({ producer }) => {
    await fill(producer, 3);
    const waiting = producer.put(greet, { n: 9 });
    await expect.poll(() => producer.stats()).toMatchObject({ waitingPuts: 1 });
    const refused = expect(waiting).rejects.toThrow(QueueClosedError);
    await Promise.all([producer.close(), producer.close()]);
    await refused;
    await expect(producer.put(greet, { n: 10 })).rejects.toThrow(QueueClosedError);
  });
});

describe('a closed producer', () => {
  const calls: Record<string, (producer: Awaited<ReturnType<typeof connectTo>>) => Promise<unknown>> = {
    put: (producer) => producer.put(greet, { n: 1 }),
    tryPut: (producer) => producer.tryPut(greet, { n: 1 }),
    putFlow: (producer) => producer.putFlow(flow(greet, { n: 1 })),
    putMany: (producer) => producer.putMany(greet, [{ n: 1 }]).next(),
    map: (producer) => producer.map(greet, [{ n: 1 }]).next(),
    gather: (producer) => producer.gather([[greet, { n: 1 }]]),
    result: (producer) => producer.result('x'),
    outcome: (producer) => producer.outcome('x'),
    find: (producer) => producer.find('x'),
    follow: (producer) => producer.follow(() => undefined),
    eventsAfter: (producer) => producer.eventsAfter('1-0'),
    stats: (producer) => producer.stats(),
    setCapacity: (producer) => producer.setCapacity(5),
    seal: (producer) => producer.seal(),
    unseal: (producer) => producer.unseal(),
    join: (producer) => producer.join(),
    cancel: (producer) => producer.cancel('x'),
    obliterate: (producer) => producer.obliterate(),
    pause: (producer) => producer.pause(),
    resume: (producer) => producer.resume(),
  };
  const unclosed = ['close', 'constructor', 'on', 'waitingPuts'];
  const internal = ['administered', 'lookIdle', 'readStats'];

  test('has every method in this table', ({ producer }) => {
    const own: object = Object.getPrototypeOf(producer);
    const inherited: object = Object.getPrototypeOf(own); // of QueueAdmin
    const methods = [own, inherited].flatMap((prototype) => Object.getOwnPropertyNames(prototype));
    const called = new Set(methods.filter((name) => ![...unclosed, ...internal].includes(name)));
    expect([...called].toSorted()).toEqual(Object.keys(calls).toSorted());
  });

  test.for(Object.entries(calls))('says so to every %s', async ([, call], { producer }) => {
    await producer.close();
    await expect(call(producer)).rejects.toThrow(QueueClosedError);
  });

  test('rejects waits for a result or a join', async ({ producer }) => {
    const { id } = await producer.put(greet, { n: 1 });
    const waiting = [
      producer.result(id),
      producer.outcome(id),
      producer.join(),
      producer.map(greet, [{ n: 2 }]).next(),
    ];
    const ends = Promise.allSettled(waiting);
    await expect.poll(() => producer.stats()).toMatchObject({ depth: 2 });
    await producer.close();
    const [result, settled, join, mapped] = await ends;
    for (const end of [result, settled, join]) expect(end).toMatchObject({ reason: expect.any(QueueClosedError) });
    expect(mapped).toMatchObject({ value: { value: { outcome: 'unawaited' } } });
  });
});

describe('obliterate', () => {
  test('leaves no key behind', async ({ producer, redis, queueName }) => {
    await fill(producer, 3);
    await producer.obliterate();
    const client = await redis.client();
    expect(await client.keys(`*${queueName}*`)).toEqual([]);
    expect(await producer.put(greet, { n: 1 })).toMatchObject({ status: 'created', depth: 1 });
  });
});

/** A plain BullMQ queue that closes with the test. */
class DisposableQueue extends Queue {
  constructor(name: string, url: string) {
    super(name, { connection: connectionOf(url) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
