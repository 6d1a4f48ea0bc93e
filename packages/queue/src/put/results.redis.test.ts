import { Queue, Worker } from 'bullmq';
import { redisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { JobFailedError, ResultExpiredError, ResultTimeoutError } from '../job/errors/index.ts';
import { connectionOf } from '../testing/bullmq-connection.ts';
import { producerDefaults } from '../job/defaults.ts';
import { connectProducer } from './connect-producer.ts';
import type { Producer } from './producer.ts';

const double = defineJob({
  name: 'double',
  payload: z.strictObject({ n: z.int(), ms: z.int().default(0), fail: z.boolean().default(false) }),
  result: z.strictObject({ n: z.int() }),
  retry: { attempts: 1 },
});
const queueOf = (name: string) => defineQueue({ name, jobs: [double], capacity: 5 });

interface Kit {
  producer: Producer<ReturnType<typeof queueOf>>;
  /** Starts a plain BullMQ worker that doubles. */
  work(): void;
}

const test = redisTest.extend<{ kit: Kit }>({
  kit: async ({ redis, queueName }, use) => {
    await using producer = await connectProducer(queueOf(queueName), { redis: redis.url });
    const workers: Worker[] = [];
    await use({
      producer,
      work: () =>
        void workers.push(new Worker(`{${queueName}}`, run, { connection: connectionOf(redis.url), concurrency: 5 })),
    });
    await Promise.all(workers.map((worker) => worker.close()));
  },
});

/** When a job has last returned. */
let returnedAtMs = 0;

async function run({ data }: { data: { n: number; ms?: number; fail?: boolean } }): Promise<{ n: number }> {
  await new Promise((resolve) => setTimeout(resolve, data.ms ?? 0));
  if (data.fail) throw new Error(`cannot double ${data.n}`);
  returnedAtMs = performance.now();
  return { n: data.n * 2 };
}

describe('result', () => {
  test('gives what the handler returned, before and after it did', async ({ kit: { producer, work } }) => {
    const receipt = await producer.put(double, { n: 21 });
    const early = producer.result(receipt);
    work();
    expect(await early).toEqual({ n: 42 });
    expect(await producer.result(JSON.parse(JSON.stringify(receipt)))).toEqual({ n: 42 });
    expect(await producer.find(receipt.id)).toMatchObject({ state: 'completed', result: { n: 42 }, attempts: 1 });
  });

  test('and capacity are awaited over one connection more, never two', async ({ kit: { producer }, redis, skip }) => {
    skip(redis.isCluster, 'counts the clients of one server');
    const client = await redis.client();
    const count = async (): Promise<number> =>
      String(await client.client('LIST'))
        .trim()
        .split('\n').length;
    const before = await count();
    const receipts = await Promise.all([1, 2, 3, 4, 5].map((n) => producer.put(double, { n })));
    const leaving = new AbortController();
    const { signal } = leaving;
    const waiting = Promise.allSettled([
      producer.put(double, { n: 6 }, { signal }),
      ...receipts.map((receipt) => producer.result(receipt, { signal })),
    ]);
    await expect.poll(async () => await client.client('LIST')).toContain('cmd=xread');
    expect(await count()).toBe(before + 1);
    leaving.abort();
    await waiting;
  });

  test('comes as soon as the job ends, also the first one of a producer', async ({ kit: { producer, work } }) => {
    work();
    const lateMs: number[] = [];
    for (const data of [{ n: 1 }, { n: 2, ms: 50 }]) {
      await producer.result(await producer.put(double, data));
      lateMs.push(performance.now() - returnedAtMs);
    }
    await producer.close();
    for (const ms of lateMs) expect(ms).toBeLessThan(800); // without a message it is looked for once a second
  });

  test('throws what went wrong, and outcome gives it as data', async ({ kit: { producer, work } }) => {
    work();
    const receipt = await producer.put(double, { n: 1, fail: true });
    await expect(producer.result(receipt)).rejects.toThrow(JobFailedError);
    await expect(producer.result(receipt)).rejects.toMatchObject({
      attempts: 1,
      failure: { message: 'cannot double 1' },
    });
    expect(await producer.outcome(receipt)).toMatchObject({ outcome: 'dead', error: { message: 'cannot double 1' } });
    expect(await producer.find(receipt.id)).toMatchObject({ state: 'dead', failure: { message: 'cannot double 1' } });
  });

  test('stops waiting after waitMs or by its signal, and the job still runs', async ({ kit: { producer, work } }) => {
    const receipt = await producer.put(double, { n: 4 });
    await expect(producer.result(receipt, { waitMs: 30 })).rejects.toThrow(ResultTimeoutError);
    const leaving = new AbortController();
    const waiting = producer.result(receipt, { signal: leaving.signal });
    leaving.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    work();
    expect(await producer.result(receipt)).toEqual({ n: 8 });
  });

  test('of a job that is not kept is an error, never a hang', async ({ kit: { producer, work } }) => {
    await expect(producer.result('never-put')).rejects.toThrow(ResultExpiredError);
    const receipt = await producer.put(double, { n: 4 });
    const waiting = expect(producer.result(receipt)).rejects.toThrow(ResultExpiredError);
    await producer.obliterate();
    await waiting;
    work();
  });
});

describe('a refusal', () => {
  test('advises to come back at the pace at which the queue drains', async ({ kit: { producer, work } }) => {
    await Promise.all([1, 2, 3, 4, 5].map((n) => producer.put(double, { n })));
    const { retryAfterIdleMs } = producerDefaults;
    const idle = expect.toSatisfy((ms: number) => ms >= retryAfterIdleMs && ms <= retryAfterIdleMs * 1.25);
    await expect(producer.tryPut(double, { n: 6 })).rejects.toMatchObject({ retryAfterMs: idle });
    work();
    for (let n = 0; n < 20; n += 1) await producer.result(await producer.put(double, { n }));
    const slow = Promise.all([1, 2, 3, 4, 5].map((n) => producer.put(double, { n, ms: 500 })));
    await slow;
    // 25 jobs in the last ten seconds, as plain BullMQ's worker settled them: one in 400 ms, and a quarter on top at most.
    const brisk = expect.toSatisfy((ms: number) => ms >= 400 && ms <= 500);
    await expect(producer.tryPut(double, { n: 6 })).rejects.toMatchObject({ retryAfterMs: brisk });
  });
});

describe('map', () => {
  test('yields every result, through a queue much smaller than the list', async ({ kit: { producer, work } }) => {
    work();
    const payloads = Array.from({ length: 60 }, (_, n) => ({ n }));
    const results = new Map<number, unknown>();
    for await (const each of producer.map(double, payloads)) {
      expect(each.payload).toBe(payloads[each.index]);
      expect(each.receipt.depth).toBeLessThanOrEqual(5);
      results.set(each.index, each.outcome === 'completed' && each.result.n);
    }
    expect([...results].sort(([a], [b]) => a - b)).toEqual(payloads.map(({ n }) => [n, n * 2]));
  });

  test('yields them as they end, or in the order of the input', async ({ kit: { producer, work } }) => {
    work();
    const payloads = [{ n: 1, ms: 150 }, { n: 2 }, { n: 3 }];
    const indexes = async (order: 'completion' | 'input') => {
      const seen: number[] = [];
      for await (const { index } of producer.map(double, payloads, { order })) seen.push(index);
      return seen;
    };
    expect((await indexes('completion')).at(-1)).toBe(0);
    expect(await indexes('input')).toEqual([0, 1, 2]);
  });

  test('gives failures as data among the others', async ({ kit: { producer, work } }) => {
    work();
    const outcomes: string[] = [];
    const payloads = [{ n: 1 }, { n: 2, fail: true }, { n: 3 }];
    for await (const each of producer.map(double, payloads, { order: 'input' })) outcomes.push(each.outcome);
    expect(outcomes).toEqual(['completed', 'dead', 'completed']);
  });

  test('reads no further ahead than its window', async ({ kit: { producer, work } }) => {
    work();
    let read = 0;
    function* endless() {
      for (;;) yield { n: read++ };
    }
    let yielded = 0;
    for await (const _ of producer.map(double, endless(), { window: 4 })) {
      yielded += 1;
      expect(read).toBeLessThanOrEqual(yielded + 5);
      if (yielded === 50) break;
    }
    const readAtBreak = read;
    await expect.poll(() => producer.stats()).toMatchObject({ depth: 0, waitingPuts: 0 });
    expect(read).toBe(readAtBreak);
  });

  test('reports a job that was removed as expired, and continues', async ({ redis, queueName, kit }) => {
    const outcomes = new Map<number, string>();
    const mapping = (async () => {
      const ids = { id: ({ n }: { n: number }) => `n${n}` };
      for await (const each of kit.producer.map(double, [{ n: 1 }, { n: 2 }], ids))
        outcomes.set(each.index, each.outcome);
    })();
    await expect.poll(() => kit.producer.stats()).toMatchObject({ depth: 2 });
    const queue = new Queue(`{${queueName}}`, { connection: connectionOf(redis.url) });
    await queue.remove('k.n1');
    await queue.close();
    kit.work();
    await mapping;
    expect(outcomes).toEqual(
      new Map([
        [0, 'result-expired'],
        [1, 'completed'],
      ]),
    );
  });

  test('passes on what its source throws', async ({ kit: { producer, work } }) => {
    work();
    function* broken() {
      yield { n: 1 };
      throw new Error('line 2 is torn');
    }
    const reading = (async () => {
      for await (const _ of producer.map(double, broken()));
    })();
    await expect(reading).rejects.toThrow('line 2 is torn');
  });

  test('finds the kept result of an id that was put before', async ({ kit: { producer, work } }) => {
    work();
    const id = ({ n }: { n: number }) => `n${n}`;
    await producer.result(await producer.put(double, { n: 5 }, { id: 'n5' }));
    for await (const each of producer.map(double, [{ n: 5 }], { id })) {
      expect(each).toMatchObject({ receipt: { status: 'duplicate' }, outcome: 'completed', result: { n: 10 } });
    }
  });
});

describe('gather', () => {
  test('keeps the order of its input', async ({ kit: { producer, work } }) => {
    work();
    const slowFirst = await producer.gather([
      [double, { n: 1, ms: 80 }],
      [double, { n: 2 }],
    ]);
    expect(slowFirst).toEqual([{ n: 2 }, { n: 4 }]);
  });

  test('rejects with the first failure, or gives it as a value', async ({ kit: { producer, work } }) => {
    work();
    const pairs = [
      [double, { n: 1 }],
      [double, { n: 2, fail: true }],
    ] as const;
    await expect(producer.gather(pairs)).rejects.toThrow('cannot double 2');
    const values = await producer.gather(pairs, { returnExceptions: true });
    expect(values).toEqual([{ n: 2 }, expect.any(JobFailedError)]);
  });
});

describe('find with a time to wait', () => {
  test('gives the job once it has ended, else as it is when the time is over', async ({ kit: { producer, work } }) => {
    const { id } = await producer.put(double, { n: 4 });
    expect(await producer.find(id, { waitMs: 30 })).toMatchObject({ state: 'waiting', endedAt: null });
    const waiting = producer.find(id, { waitMs: 60_000 });
    work();
    expect(await waiting).toMatchObject({ state: 'completed', result: { n: 8 } });
    expect(await producer.find(id, { waitMs: Infinity })).toMatchObject({ state: 'completed' });
  });

  test('gives what is known when it is called off', async ({ kit: { producer } }) => {
    const { id } = await producer.put(double, { n: 4 });
    const leaving = new AbortController();
    const waiting = producer.find(id, { waitMs: Infinity, signal: leaving.signal });
    leaving.abort();
    expect(await waiting).toMatchObject({ state: 'waiting' });
    expect(await producer.find(id, { waitMs: Infinity, signal: leaving.signal })).toMatchObject({ state: 'waiting' });
  });

  test('is null for a job that is not kept, or is removed meanwhile', async ({ kit: { producer } }) => {
    expect(await producer.find('never-put', { waitMs: Infinity })).toBeNull();
    const { id } = await producer.put(double, { n: 4 });
    const waiting = producer.find(id, { waitMs: Infinity });
    await producer.cancel(id);
    expect(await waiting).toBeNull();
  });

  test('leaves out result and progress where they are not asked for', async ({ kit: { producer, work } }) => {
    const [good, bad] = [await producer.put(double, { n: 4 }), await producer.put(double, { n: 2, fail: true })];
    const waiting = producer.find(good.id, { waitMs: Infinity, result: false });
    const outcome = producer.outcome(good); // of the same job, with its result
    work();
    const found = await waiting;
    expect(found).toMatchObject({ state: 'completed', progress: null, endedAt: expect.any(Number) });
    expect(found).not.toHaveProperty('result');
    expect(await outcome).toMatchObject({ outcome: 'completed', result: { n: 8 } });
    expect(await producer.find(bad.id, { waitMs: Infinity, result: false })).toMatchObject({
      state: 'dead',
      failure: { message: 'cannot double 2' },
    });
  });

  test('refuses options that it does not know', async ({ kit: { producer } }) => {
    await expect(producer.find('a', { waitMs: -1 })).rejects.toMatchObject({ code: 'SLUICE_OPTION' });
    await expect(producer.find('a', { wait: 1 } as object)).rejects.toMatchObject({ code: 'SLUICE_OPTION' });
  });
});
