import { redisTest as test } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { connectConsumer } from '../consumer/connect-consumer.ts';
import { defineHandler } from '../threads/thread/define-handler.ts';
import { createWorkerPool } from '../pool/create-worker-pool.ts';
import { type BadValue, expectRefusals, type WalkedCall } from '../testing/walk-options.ts';
import { connectProducer } from './connect-producer.ts';
import type { PutOptions } from './put-options.ts';

const job = defineJob({ name: 'work', payload: z.any(), result: z.any() });

const none: readonly BadValue[] = [];
const wait: readonly BadValue[] = [0, 1.5, Infinity];
const put = {
  id: ['5'],
  signal: none,
  timeoutMs: none,
  attempts: none,
  expiresAt: none,
  delayMs: [0, 2 ** 31],
  priority: none,
  lifo: none,
  dedupe: none,
} as const;
const waitingPut = { ...put, waitMs: wait, whenFull: none };

const debounce = { key: 'k', mode: 'debounce', forMs: 5 };

/** Each of them would be refused as a type, too, or is right on its own. */
const wrongTogether: readonly [options: object, message: string][] = [
  [{ dedupe: { key: 'k', mode: 'first', forMs: 5 } }, 'dedupe.forMs must be left out with the mode first'],
  [{ dedupe: { key: 'k', mode: 'latest', forMs: 5 } }, 'dedupe.forMs must be left out with the mode latest'],
  [{ dedupe: { key: 'k', mode: 'throttle' } }, 'dedupe.forMs must be a whole number from 1'],
  [{ dedupe: { ...debounce, forMs: 1.5 } }, 'dedupe.forMs must be a whole number from 1'],
  [{ dedupe: { key: 'k' } }, 'dedupe.mode must be one of first, throttle, debounce, latest, not undefined'],
  [{ dedupe: { key: 'é'.repeat(101), mode: 'first' } }, 'dedupe.key must be a string of 1 to 200 bytes'],
  [{ dedupe: { key: '\ud800', mode: 'first' } }, 'dedupe.key must be a string of 1 to 200 bytes of well-formed UTF-8'],
  [{ dedupe: { ...debounce, ttl: 5 } }, 'dedupe.ttl is no option here; there are key, mode, forMs'],
  [{ dedupe: debounce, delayMs: 5 }, 'delayMs must be left out with the dedupe mode debounce'],
  [{ lifo: true, priority: 1 }, 'lifo must be left out with a priority'],
  [{ lifo: true, delayMs: 1 }, 'lifo must be left out with a delay'],
  [{ lifo: true, dedupe: debounce }, 'lifo must be left out with a delay'],
  [{ lifo: true, whenFull: 'drop-oldest' }, 'lifo must be left out with the policy drop-oldest'],
];

describe('options', () => {
  test('of every call of a producer are refused before anything is sent', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 10, prefix });
    await using producer = await connectProducer(queue, { redis: redis.url });
    const calls: readonly WalkedCall[] = [
      {
        name: 'connectProducer',
        call: (options) => connectProducer(queue, { redis: redis.url, ...options }),
        takes: { unavailableMs: none, memoryWatermark: none, logger: none, unsafeEviction: none },
      },
      { name: 'put', call: (options) => producer.put(job, 1, options), takes: waitingPut },
      { name: 'tryPut', call: (options) => producer.tryPut(job, 1, options), takes: put },
      { name: 'putMany', call: (options) => producer.putMany(job, [1], options), takes: { ...waitingPut, id: none } },
      {
        name: 'map',
        call: (options) => producer.map(job, [1], options),
        takes: { ...waitingPut, id: none, window: [2 ** 31], order: none },
      },
      {
        name: 'gather',
        call: (options) => producer.gather([[job, 1]], options),
        takes: { returnExceptions: none, waitMs: wait, resultWaitMs: wait, signal: none, whenFull: none },
      },
      { name: 'result', call: (options) => producer.result('1', options), takes: { waitMs: wait, signal: none } },
      { name: 'outcome', call: (options) => producer.outcome('1', options), takes: { waitMs: wait, signal: none } },
      { name: 'join', call: (options) => producer.join(options), takes: { waitMs: wait, signal: none } },
    ];
    for (const walked of calls) await expectRefusals(walked);
    for (const bad of [NaN, Infinity, -1, 0, 1.5, '5']) {
      await expect(producer.setCapacity(bad as number)).rejects.toThrow(
        'capacity must be a whole number from 1, or null',
      );
    }
    await expect(producer.put(job, 1, { jobId: 'mine' } as object)).rejects.toThrow('did you mean id?');
    await expect(producer.put(job, 1, { delay: 5 } as object)).rejects.toThrow('did you mean delayMs?');
    for (const [options, message] of wrongTogether) {
      await expect(producer.put(job, 1, options as PutOptions)).rejects.toThrow(message);
    }
    await expect(producer.tryPut(job, 1, { waitMs: 5 } as object)).rejects.toThrow('waitMs is no option here');
    await expect(producer.put(job, 1, { timeoutMs: 600_001 })).rejects.toThrow('from 1 to 600,000, not 600001');
    expect(await producer.stats()).toMatchObject({ depth: 0 });
  });

  test('of a consumer are refused at the call', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 10, prefix });
    await using consumer = await connectConsumer(queue, { redis: redis.url });
    const takes = { signal: none };
    await expectRefusals({
      name: 'take',
      call: (options) => consumer.take(options),
      takes: { ...takes, waitMs: wait },
    });
    await expectRefusals({
      name: 'leases',
      call: (options) => consumer.leases(options),
      takes: { ...takes, idleMs: wait },
    });
  });
});

describe('a producer whose calls may take less than a second', () => {
  test('awaits a result for longer than that', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [job], capacity: 10, prefix });
    await using producer = await connectProducer(queue, { redis: redis.url, unavailableMs: 800 });
    const receipt = await producer.put(job, 1);
    await expect(producer.result(receipt, { waitMs: 500 })).rejects.toMatchObject({
      isStarted: false,
      message: expect.stringContaining('it still waits, and no worker has taken it'),
    });
    const result = producer.result(receipt);
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const handler = defineHandler(job, () => opened.then(() => 'done'));
    await using pool = createWorkerPool(queue, { work: handler }, { redis: redis.url, concurrency: 1 });
    await pool.start();
    // Two reads of the stream block for a second each meanwhile.
    const waited = producer.result(receipt, { waitMs: 2_100 });
    await expect(waited).rejects.toMatchObject({ code: 'SLUICE_RESULT_TIMEOUT', isStarted: true });
    open();
    expect(await result).toBe('done');
  });
});
