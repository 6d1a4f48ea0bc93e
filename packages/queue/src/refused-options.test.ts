import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob } from './job/contracts/job-contract.ts';
import { defineQueue } from './job/contracts/queue-policy.ts';
import { RetryLaterError, SluiceError } from './job/errors/index.ts';
import { createBoundedBackend } from './store/backend/create-bounded-backend.ts';
import { connectConsumer } from './consumer/connect-consumer.ts';
import { defineHandler } from './threads/thread/define-handler.ts';
import { inThread } from './job/handler/in-thread.ts';
import { AttemptControls } from './attempt/attempt-context.ts';
import { createWorkerPool } from './pool/create-worker-pool.ts';
import { type BadValue, badValues, expectRefusals, refusalOf, type WalkedCall } from './testing/walk-options.ts';

const job = defineJob({ name: 'work', payload: z.any(), result: z.any() });
const queue = defineQueue({ name: 'walked', jobs: [job], capacity: 10 });
const handlers = { work: defineHandler(job, () => 1) };
// Nothing listens there: what is refused at the call is refused without a connection.
const redis = 'redis://127.0.0.1:1';
const pool = createWorkerPool(queue, handlers, { redis, concurrency: 1 });
const controls = new AttemptControls('1', { settleEarly: () => true }, () => Promise.resolve(0));

const zero: readonly BadValue[] = [0];
const big: readonly BadValue[] = [2 ** 31];
const wait: readonly BadValue[] = [0, 1.5, Infinity];
const none: readonly BadValue[] = [];

/** Every call with options that needs no Redis to refuse them, and what each option takes of the values, as its docstring says. */
const calls: readonly WalkedCall[] = [
  {
    name: 'defineJob',
    call: (options) => defineJob({ name: 'a', payload: z.any(), result: z.any(), ...options }),
    takes: {
      name: ['5'],
      payload: none,
      result: none,
      version: none,
      timeoutMs: none,
      graceMs: zero,
      timeoutMaxMs: none,
    },
  },
  {
    name: 'defineJob retry',
    call: (retry) => defineJob({ name: 'a', payload: z.any(), result: z.any(), retry }),
    takes: { attempts: none, backoff: none },
  },
  {
    name: 'defineJob retry.backoff',
    call: (backoff) => defineJob({ name: 'a', payload: z.any(), result: z.any(), retry: { backoff } }),
    takes: { type: none, delayMs: zero, jitter: zero },
  },
  {
    name: 'defineQueue',
    call: (options) => defineQueue({ name: 'q', jobs: [job], capacity: 1, ...options }),
    takes: {
      name: ['5'],
      prefix: ['5'],
      jobs: none,
      capacity: big,
      whenFull: none,
      keep: none,
      idempotencyMs: [0, 2 ** 31],
    },
  },
  {
    name: 'defineQueue keep.dead',
    call: (dead) => defineQueue({ name: 'q', jobs: [job], capacity: 1, keep: { dead } }),
    takes: { count: [0, 2 ** 31], ageMs: big },
  },
  {
    name: 'createWorkerPool',
    call: (options) => createWorkerPool(queue, handlers, { redis, concurrency: 1, ...options }),
    takes: {
      concurrency: none,
      drainMs: zero,
      unavailableMs: none,
      unsafeEviction: none,
      logger: none,
      name: ['5'],
      timings: none,
      allowUntestedBullmq: none,
    },
  },
  {
    name: 'createWorkerPool timings',
    call: (timings) => createWorkerPool(queue, handlers, { redis, concurrency: 1, timings }),
    takes: { leaseMs: none, renewMs: none, sweepMs: none },
  },
  { name: 'pool.drain', call: (options) => pool.drain(options), takes: { timeoutMs: wait } },
  {
    name: 'pool.runUntilIdle',
    call: (options) => pool.runUntilIdle({ idleMs: 1, ...options }),
    takes: { idleMs: [0, 1.5] },
  },
  {
    name: 'connectConsumer',
    call: (options) => connectConsumer(queue, { redis, ...options }),
    takes: { unavailableMs: none, logger: none, name: ['5'], timings: none, allowUntestedBullmq: none },
  },
  {
    name: 'inThread',
    call: (options) => inThread(job, import.meta.url, options),
    takes: { threads: none, memoryMaxBytes: big, startMs: none, idleMs: zero, execArgv: none },
  },
  {
    name: 'createBoundedBackend',
    call: (options) => createBoundedBackend(options),
    takes: { capacity: big, allowUntestedBullmq: none },
  },
  { name: 'nack', call: (options) => controls.nack(options), takes: { delayMs: [0, 1.5, 2 ** 31] } },
  {
    name: 'RetryLaterError',
    call: (options) => Promise.reject(new RetryLaterError({ delayMs: 1, ...options })),
    takes: { delayMs: [0, 1.5, 2 ** 31], reason: ['5'] },
  },
];

describe('options', () => {
  it.each(calls)('of $name are refused at the call when they are out of range, or unknown', async (walked) => {
    await expectRefusals(walked);
  });

  it('are refused as a whole when they are no object', async () => {
    for (const options of [null, 5, 'x', []]) {
      const refusal = await refusalOf(() => createWorkerPool(queue, handlers, options as never));
      expect(refusal?.problems).toEqual([expect.objectContaining({ option: 'options' })]);
    }
  });

  it('that are refused leave the pool as it was', () => {
    expect(pool.state).toBe('new');
  });

  it('are refused by errors with a code', async () => {
    for (const bad of badValues) {
      if (bad === 0 || bad === 1.5 || bad === Infinity) continue;
      await expect(pool.drain({ timeoutMs: bad as number })).rejects.toBeInstanceOf(SluiceError);
    }
  });
});
