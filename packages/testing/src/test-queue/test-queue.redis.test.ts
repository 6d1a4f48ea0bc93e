import {
  connectAdmin,
  connectProducer,
  createWorkerPool,
  defineApp,
  defineHandler,
  defineQueue,
  type HandlerContext,
  silentLogger,
  type WorkerPool,
} from '@sluice/queue';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test as base, vi } from 'vitest';
import { startTestRedis, type StartedTestRedis } from '../fixtures/start-test-redis.ts';
import type { TestRedis } from '../fixtures/test-redis.ts';
import { addressOf } from '../servers/connect-client.ts';
import { neverOver } from '../history/never-over.ts';
import { noneLost } from '../history/none-lost.ts';
import { noneTwice } from '../history/none-twice.ts';
import { emails, handlers, outbox, report, send } from './testing/emails.ts';
import { testQueue, type TestQueue } from './test-queue.ts';

const HOUR_MS = 3_600_000;
const PATIENT = { timeoutMs: 30_000 };
const ann = { to: 'ann@example.com' };

/** A lease thread takes long to start, and ends with the last pool: this one keeps it for all tests of the file. */
let shared: { redis: StartedTestRedis; pool: WorkerPool };

beforeAll(async () => {
  const redis = await startTestRedis({ persistent: false, source: { kind: 'local' } });
  const queue = defineQueue({ name: 'keeps-the-thread', jobs: [report], capacity: 10 });
  const pool = createWorkerPool(
    queue,
    { 'report.make': handlers['report.make'] },
    { redis: redis.url, concurrency: 1, logger: silentLogger() },
  );
  await pool.start();
  shared = { redis, pool };
});

afterAll(async () => {
  await shared.pool.stop();
  await shared.redis.close();
});

const test = base.extend<{ redis: TestRedis; queue: TestQueue<typeof emails> }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the parameter's pattern
  redis: async ({}, use) => use(shared.redis),
  queue: async ({ redis }, use) => {
    outbox.length = 0;
    await using queue = await testQueue(emails, handlers, { redis });
    await use(queue);
  },
});

describe('drain', () => {
  test('runs what was put, and nothing before', async ({ queue }) => {
    const receipt = await queue.put(send, ann);
    expect(outbox).toEqual([]);
    await expect(queue.outcome(receipt)).rejects.toThrow(/has not ended: it is waiting. Call drain\(\) before/);
    expect(await queue.drain(PATIENT)).toMatchObject({ runs: 1, completed: 1, movedMs: 0 });
    expect(outbox).toEqual(['ann@example.com']);
    expect(await queue.outcome(receipt)).toMatchObject({ outcome: 'completed', result: { sent: ann.to, attempt: 1 } });
  });

  test('moves the clock over delays and backoffs instead of waiting', async ({ queue }) => {
    const failing = await queue.put(send, { ...ann, failures: 2 });
    await queue.put(send, { to: 'bob@example.com' }, { delayMs: 2 * HOUR_MS });
    const dying = await queue.put(send, { to: 'cy@example.com', does: 'fail' }, { delayMs: 24 * HOUR_MS });
    const summary = await queue.drain(PATIENT);
    expect(summary).toMatchObject({ runs: 7, completed: 2, dead: 1, retried: 4 });
    expect(summary.movedMs).toBeGreaterThan(26.9 * HOUR_MS);
    expect(summary.movedMs).toBeLessThanOrEqual(27 * HOUR_MS);
    expect(outbox).toEqual(['bob@example.com', 'ann@example.com']);
    expect(await queue.outcome(failing)).toMatchObject({ result: { attempt: 3 } });
    expect(await queue.outcome(dying)).toMatchObject({ outcome: 'dead', attempts: 3 });
  });

  test('runs what was given back, and puts that wait for capacity', async ({ queue }) => {
    await queue.put(send, { ...ann, does: 'later' });
    const puts = Array.from({ length: 50 }, (_, n) => queue.put(report, { day: `2026-01-${10 + (n % 20)}` }));
    const summary = await queue.drain(PATIENT);
    await Promise.all(puts);
    expect(summary).toMatchObject({ completed: 51, released: 1 });
    expect(outbox).toHaveLength(52);
  });

  test('does not run what expires before it is due', async ({ queue }) => {
    const expiresAt = Date.now() + HOUR_MS;
    const late = await queue.put(send, ann, { delayMs: 2 * HOUR_MS, expiresAt });
    expect(await queue.drain(PATIENT)).toMatchObject({ runs: 0, expired: 1 });
    expect(await queue.outcome(late)).toMatchObject({ outcome: 'dead', error: { code: 'SLUICE_JOB_EXPIRED' } });
  });

  test('ends a handler that puts its own job for ever, and says which', async ({ redis }) => {
    const loop = defineQueue({ name: 'loop', jobs: [report], capacity: 5 });
    await using producer = await connectProducer(loop, { redis: redis.url });
    const again = defineHandler(report, async ({ payload }) => void (await producer.put(report, payload)));
    await using queue = await testQueue(loop, { 'report.make': again }, { redis });
    await queue.put(report, { day: '2026-01-01' });
    await expect(queue.drain({ ...PATIENT, maxRuns: 20 })).rejects.toThrow(
      /^drain of queue loop stopped after 20 runs \(20 of report.make\): a handler puts its job again/,
    );
  });

  test('takes nothing between two calls', async ({ queue }) => {
    await queue.put(send, ann);
    await queue.drain(PATIENT);
    await queue.put(send, ann);
    await queue.advance(0, PATIENT);
    expect(outbox).toHaveLength(2);
    await queue.put(send, ann);
    await queue.put(send, ann, { delayMs: 1 });
    await queue.advance(HOUR_MS, { run: false });
    await queue.producer.join({ waitMs: 300 }).catch(() => undefined);
    expect(outbox).toHaveLength(2);
    expect(await queue.drain(PATIENT)).toMatchObject({ completed: 2 });
  });

  test('ends a handler that hangs, and says which and for how long', async ({ queue }) => {
    await queue.put(send, { ...ann, does: 'hang' }, { id: 'stuck' });
    await expect(queue.drain({ timeoutMs: 300 })).rejects.toThrow(
      /made no progress for 300 ms \(0 waiting, 1 active, .* Running: email.send stuck attempt 1 for \d+ ms/,
    );
  });

  test('says that a paused queue cannot be drained', async ({ queue, redis }) => {
    await using plain = plainQueue(redis.url, '{emails}');
    await plain.queue.pause();
    await queue.put(send, ann);
    await expect(queue.drain(PATIENT)).rejects.toThrow('queue emails is paused');
  });

  test('moves the clock over a limit of rates instead of waiting', async ({ queue, redis }) => {
    await using admin = await connectAdmin(emails, { redis: redis.url });
    await admin.limits.set({ job: send.name, rate: { jobs: 2, perMs: HOUR_MS } });
    for (let n = 0; n < 5; n += 1) await queue.put(send, ann);
    const { completed, movedMs } = await queue.drain(PATIENT);
    expect(completed).toBe(5);
    expect(movedMs).toBeGreaterThan(1.9 * HOUR_MS);
    expect(movedMs).toBeLessThan(2.1 * HOUR_MS);
  });

  test('leaves jobs that a pause holds back, and lets them run after it', async ({ queue, redis }) => {
    await using admin = await connectAdmin(emails, { redis: redis.url });
    await admin.pause({ job: report.name });
    await queue.put(report, { day: '2026-01-01' });
    await queue.put(send, ann, { delayMs: HOUR_MS });
    expect((await queue.drain(PATIENT)).movedMs).toBeLessThanOrEqual(HOUR_MS);
    await queue.advance(24 * HOUR_MS, PATIENT);
    expect(outbox).toEqual([ann.to]);
    await admin.resume({ job: report.name });
    expect(await queue.drain(PATIENT)).toMatchObject({ completed: 1, movedMs: 0 });
  });

  test('needs handlers', async ({ redis }) => {
    await using queue = await testQueue(emails, null, { redis });
    await queue.put(send, ann);
    await expect(queue.drain()).rejects.toThrow('testQueue(emails) was given no handlers');
  });
});

describe('advance', () => {
  test('runs what is due by then, and leaves the rest', async ({ queue }) => {
    await queue.put(send, { ...ann, failures: 1 });
    await queue.put(send, { to: 'bob@example.com' }, { delayMs: 90 * 60_000 });
    expect(await queue.advance(30 * 60_000, PATIENT)).toMatchObject({ runs: 1, retried: 1 });
    expect(outbox).toEqual([]);
    expect(await queue.advance(HOUR_MS, PATIENT)).toMatchObject({ runs: 2, completed: 2, movedMs: HOUR_MS });
    expect(outbox).toEqual(['ann@example.com', 'bob@example.com']);
  });

  test('lets jobs expire while nobody works', async ({ queue }) => {
    const soon = await queue.put(send, ann, { expiresAt: Date.now() + HOUR_MS });
    const later = await queue.put(send, ann, { expiresAt: Date.now() + 3 * HOUR_MS });
    await queue.advance(2 * HOUR_MS, { run: false });
    expect(await queue.drain(PATIENT)).toMatchObject({ expired: 1, completed: 1 });
    expect(await queue.outcome(soon)).toMatchObject({ outcome: 'dead' });
    expect(await queue.outcome(later)).toMatchObject({ outcome: 'completed' });
  });

  test('runs each iteration of a job scheduler at its time', async ({ queue, redis }) => {
    await using plain = plainQueue(redis.url, '{emails}');
    const repeat = { every: 4 * HOUR_MS, startDate: Date.now() + HOUR_MS };
    await plain.queue.upsertJobScheduler('often', repeat, { name: 'report.make', data: { day: '2026-01-01' } });
    await plain.queue.upsertJobScheduler(
      'daily',
      { pattern: '0 9 * * *' },
      { name: 'email.send', data: { to: 'daily@example.com' } },
    );
    expect(await queue.drain(PATIENT)).toMatchObject({ runs: 0 });
    await queue.advance(61 * 60_000, PATIENT);
    expect(outbox.filter((entry) => entry === '2026-01-01')).toHaveLength(1);
    outbox.length = 0;
    await queue.advance(2 * 24 * HOUR_MS, PATIENT);
    expect(outbox.filter((entry) => entry === 'daily@example.com')).toHaveLength(2);
    expect(outbox.filter((entry) => entry === '2026-01-01')).toHaveLength(12);
  });

  test('lets the time of a known id pass', async ({ redis }) => {
    const once = defineQueue({ name: 'once', jobs: [report], capacity: 5, idempotencyMs: 24 * HOUR_MS });
    await using queue = await testQueue(once, { 'report.make': handlers['report.make'] }, { redis });
    const day = { day: '2026-01-01' };
    await queue.put(report, day, { id: 'today' });
    await queue.drain(PATIENT);
    await queue.advance(23 * HOUR_MS);
    expect(await queue.put(report, day, { id: 'today' })).toMatchObject({ status: 'duplicate' });
    await queue.advance(2 * HOUR_MS);
    expect(await queue.put(report, day, { id: 'today' })).toMatchObject({ status: 'created' });
  });

  test('does not move the deadline of a running attempt', async ({ queue }) => {
    await queue.put(send, { ...ann, does: 'hang' });
    await queue.start();
    await queue.spy.waitFor({ job: send }, 'active', { within: 30_000 });
    await queue.advance(10 * HOUR_MS, { run: false });
    expect(await queue.stats()).toMatchObject({ active: 1 });
  });

  test('wakes a pool of somebody else', async ({ queue }) => {
    await queue.put(send, ann, { delayMs: HOUR_MS });
    await queue.start();
    await queue.advance(HOUR_MS, { run: false });
    expect(await queue.spy.waitFor({ job: send }, 'completed', { within: 30_000 })).toMatchObject({ payload: ann });
  });

  test('refuses what is no time', async ({ queue }) => {
    await expect(queue.advance(-1)).rejects.toThrow('advance wants milliseconds from 0, not -1');
  });
});

describe('expectPut', () => {
  test('sees puts of a producer of the code under test, past and to come', async ({ queue, redis }) => {
    await using service = await connectProducer(emails, { redis: redis.url });
    await service.put(send, ann, { id: 'welcome', delayMs: HOUR_MS, priority: 3 });
    const put = await queue.expectPut(send, { to: /^ann@/, subject: expect.any(String) });
    expect(put).toMatchObject({
      id: 'welcome',
      payload: { subject: 'Hello' },
      options: { delayMs: HOUR_MS, priority: 3 },
    });
    const coming = queue.expectPut(send, ({ to }) => to === 'bob@example.com', { within: 30_000 });
    await service.put(send, { to: 'bob@example.com' });
    expect(await coming).toMatchObject({ payload: { to: 'bob@example.com' } });
    expect((await queue.puts(send)).map(({ payload }) => payload.to)).toEqual([ann.to, 'bob@example.com']);
  });

  test('shows the nearest puts when there is none', async ({ queue }) => {
    await queue.put(send, { to: 'bob@example.com', subject: 'Bill' });
    await queue.put(send, { to: 'ann@example.com', subject: 'Hi' }, { id: 'near' });
    await queue.put(report, { day: '2026-01-01' });
    await expect(queue.expectPut(send, { to: 'ann@example.com', subject: 'Welcome' })).rejects.toThrow(
      [
        "expectPut: no put of email.send with { to: 'ann@example.com', subject: 'Welcome' } on queue emails",
        '  2 puts of email.send were there, nearest first:',
        "    near { to: 'ann@example.com', subject: 'Hi', does: 'send', failures: 0 } (put)",
        "      subject: 'Hi' instead of 'Welcome'",
      ].join('\n'),
    );
    await expect(queue.expectPut(send, undefined, { count: 3 })).rejects.toThrow('2 instead of 3 puts of email.send');
  });

  test('says that nothing was put, and that a job is of another queue', async ({ queue, redis }) => {
    await expect(queue.expectPut(report)).rejects.toThrow('queue emails has seen no put at all');
    const other = defineQueue({ name: 'other', jobs: [report], capacity: 1 });
    await using queueOfOther = await testQueue(other, null, { redis });
    // @ts-expect-error of another queue
    await expect(queueOfOther.expectPut(send)).rejects.toThrow('queue other has no job email.send; it has report.make');
  });

  test('sees a job that was cancelled', async ({ queue }) => {
    const { id } = await queue.put(send, ann);
    await queue.expectPut(send);
    await queue.producer.cancel(id);
    expect(await queue.spy.waitFor(id, 'removed')).toMatchObject({ id, payload: ann });
  });
});

describe('expectNoPut', () => {
  test('passes without one, and shows one', async ({ queue }) => {
    await queue.expectNoPut(send);
    await queue.put(send, ann, { id: 'unwanted' });
    await queue.expectNoPut(send, { to: 'bob@example.com' });
    await expect(queue.expectNoPut(send, ann)).rejects.toThrow(/expectNoPut: 1 of email.send .*\n {4}unwanted \{/);
    await expect(queue.expectNoPut(send, undefined, { within: 10 })).rejects.toThrow('unwanted');
  });
});

describe('a spy', () => {
  test('sees what happens, and what has happened', async ({ queue }) => {
    await queue.start();
    const receipt = await queue.put(send, { ...ann, does: 'die' });
    const dead = await queue.spy.waitFor({ job: send, payload: ann }, 'dead', { within: 30_000 });
    expect(dead).toMatchObject({ id: receipt.id, error: { code: 'SLUICE_PERMANENT' } });
    await queue.stop();
    expect(await queue.spy.waitFor(receipt, 'active')).toMatchObject({ id: receipt.id });
  });

  test('says where the job is instead', async ({ queue }) => {
    await queue.put(send, ann, { id: 'waits' });
    await expect(queue.spy.waitFor('waits', 'completed', { within: 20 })).rejects.toThrow(
      /no job waits was completed within 20 ms\n {2}these match:\n {4}waits .* \(put\)\n {2}nothing runs jobs here: call drain\(\)/,
    );
    await expect(queue.spy.waitFor({ job: report }, 'put', { within: 20 })).rejects.toThrow(
      /none that matches; there were 1 of email.send$/,
    );
  });
});

describe('a test queue', () => {
  test('runs jobs for code that waits for results', async ({ queue, redis }) => {
    await queue.start();
    await using service = await connectProducer(emails, { redis: redis.url });
    expect(await service.result(await service.put(send, ann))).toEqual({ sent: ann.to, attempt: 1 });
  });

  test('keeps a history that the checkers take', async ({ queue }) => {
    for (let n = 0; n < 5; n += 1) await queue.put(send, { ...ann, failures: n % 2 });
    await queue.put(report, { day: '2026-01-01' }, { delayMs: HOUR_MS });
    await queue.drain(PATIENT);
    const left = await queue.put(report, { day: '2026-01-02' });
    const history = await queue.history();
    expect(neverOver(history, emails.capacity)).toEqual([]);
    expect(noneTwice(history, { maxAttempts: 3 })).toEqual([]);
    expect(noneLost(history, await queue.finalState())).toEqual([]);
    expect(neverOver(history, 3)).not.toEqual([]);
    const [lost] = noneLost(history, { unfinished: [], settled: [] });
    expect(lost).toMatchObject({ kind: 'lost', id: left.id });
  });

  test('takes the handlers of an app, also those that are loaded late', async ({ redis }) => {
    const stop = vi.fn<() => void>();
    const app = defineApp({
      queues: [emails],
      handlers: {
        emails: async (context: HandlerContext) => {
          context.onStop(stop);
          return handlers;
        },
      },
    });
    const queue = await testQueue(app.queues[0], app, { redis });
    await queue.put(send, ann);
    expect(await queue.drain(PATIENT)).toMatchObject({ completed: 1 });
    await queue.close();
    expect(stop).toHaveBeenCalledOnce();
  });

  test('leaves nothing behind, but a queue that was there before', async ({ redis }) => {
    const client = await redis.client();
    const first = await testQueue(emails, null, { redis });
    await first.put(send, ann);
    await first.close();
    expect(await client.keys('bull:{emails}:[^s]*')).toEqual([]);
    await using service = await connectProducer(emails, { redis: redis.url });
    await service.put(send, ann);
    const second = await testQueue(emails, null, { redis });
    await second.expectPut(send);
    await second.close();
    expect(await service.stats()).toMatchObject({ waiting: 1 });
    await service.obliterate();
  });

  test('refuses calls once it is closed, and bad options before it opens', async ({ redis }) => {
    const queue = await testQueue(emails, handlers, { redis });
    await queue.close();
    await queue.close();
    await expect(queue.put(send, ann)).rejects.toThrow('the test queue of queue emails is closed');
    await expect(testQueue(emails, handlers, { redis, concurrency: 0 })).rejects.toThrow('concurrency must be');
    // @ts-expect-error no queue
    await expect(testQueue('emails', handlers, { redis })).rejects.toThrow('must be a queue made by defineQueue');
    // @ts-expect-error a handler is missing
    await expect(testQueue(emails, { 'email.send': handlers['email.send'] }, { redis })).rejects.toThrow(
      'handlers of queue emails: no handler for report.make',
    );
  });
});

function plainQueue(url: string, name: string): { queue: Queue } & AsyncDisposable {
  const queue = new Queue(name, { connection: addressOf(url) });
  return { queue, [Symbol.asyncDispose]: () => queue.close() };
}
