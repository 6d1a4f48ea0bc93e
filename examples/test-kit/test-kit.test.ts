import { connectProducer, JobTimeoutError, QueueFullError } from '@sluice/queue';
import {
  cutConnection,
  fillQueue,
  isolatedRedisTest,
  neverOver,
  noneLost,
  noneTwice,
  pauseRedis,
  redisTest,
  restartRedis,
  runJob,
  testQueue,
} from '@sluice/testing/vitest';
import { describe, expect, it } from 'vitest';
import { emailHandlers, emails, sendEmail } from '../integration-test/emails.ts';
import { flaky, invoiceHandlers, invoices, makeInvoice } from './invoices.ts';

// docs/testing.md shows these tests, to the letter.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('a handler alone', () => {
  it('is run as a pool would run it', async () => {
    const run = await runJob(emailHandlers['email.send'], { to: 'ann@example.com', template: 'welcome' });
    expect(run).toMatchObject({ outcome: 'completed', result: { messageId: 'welcome for ann@example.com' } });
  });

  it('is retried after its backoff, and dead after its last attempt', async () => {
    const first = await runJob(flaky, { customer: 'ann' });
    expect(first).toMatchObject({ outcome: 'retried', error: { message: 'the printer is out of paper' } });
    expect(await runJob(flaky, { customer: 'ann' }, { attempt: 3 })).toMatchObject({ outcome: 'dead' });
  });

  it('stops at its deadline', async () => {
    const signal = AbortSignal.abort(new JobTimeoutError(5_000)); // as at the deadline, without the wait
    const run = await runJob(invoiceHandlers['invoice.make'], { customer: 'slow' }, { signal });
    expect(run).toMatchObject({ endedBy: 'deadline', abandoned: false, progress: [{ pages: 0 }] });
  });
});

describe('a queue under test', () => {
  redisTest('shows what was put', async ({ redis }) => {
    await using queue = await testQueue(emails, emailHandlers, { redis });
    await queue.put(sendEmail, { to: 'ann@example.com', template: 'welcome' });

    await queue.expectPut(sendEmail); // any
    await queue.expectPut(sendEmail, { to: /@example\.com$/ }); // a part of its payload
    await queue.expectPut(sendEmail, ({ to }) => to.startsWith('ann')); // whatever you like
    await queue.expectPut(sendEmail, { template: 'welcome' }, { count: 1 }); // exactly one
    await queue.expectNoPut(sendEmail, { template: 'reminder' });
  });

  redisTest('waits for a put that is on its way', async ({ redis }) => {
    await using queue = await testQueue(emails, emailHandlers, { redis });
    void queue.put(sendEmail, { to: 'ann@example.com', template: 'welcome' });

    const put = await queue.expectPut(sendEmail, undefined, { within: 1_000 });
    expect(put).toMatchObject({ payload: { to: 'ann@example.com' }, options: { delayMs: undefined } });
  });

  redisTest('runs what was put', async ({ redis }) => {
    await using queue = await testQueue(emails, emailHandlers, { redis });
    const receipt = await queue.put(sendEmail, { to: 'ann@example.com', template: 'reminder' }, { delayMs: DAY_MS });

    const { runs, movedMs } = await queue.drain();
    expect(runs).toBe(1);
    expect(movedMs).toBeGreaterThan(23 * HOUR_MS);
    expect(await queue.outcome(receipt)).toMatchObject({ outcome: 'completed' });
  });

  redisTest('lets time pass', async ({ redis }) => {
    await using queue = await testQueue(invoices, invoiceHandlers, { redis });
    const id = 'invoice-7';
    await queue.put(makeInvoice, { customer: 'ann' }, { id, delayMs: 2 * HOUR_MS });
    await queue.put(makeInvoice, { customer: 'bob' }, { delayMs: 5 * HOUR_MS, expiresAt: Date.now() + 4 * HOUR_MS });

    await queue.advance(HOUR_MS); // nothing is due
    expect(await queue.stats()).toMatchObject({ delayed: 2, completed: 0 });
    await queue.advance(HOUR_MS);
    expect(await queue.stats()).toMatchObject({ delayed: 1, completed: 1 });
    expect(await queue.drain()).toMatchObject({ expired: 1 });
  });

  redisTest('runs jobs meanwhile for code that waits for results', async ({ redis }) => {
    await using queue = await testQueue(invoices, invoiceHandlers, { redis });
    await using service = await connectProducer(invoices, { redis: redis.url });
    await queue.start();

    const receipt = await service.put(makeInvoice, { customer: 'ann' });
    expect(await service.result(receipt)).toEqual({ pages: 1 });
    await queue.spy.waitFor(receipt, 'completed'); // also when it was long ago
    await queue.spy.waitFor({ job: makeInvoice, payload: { customer: 'ann' } }, 'active');
  });

  redisTest('is full', async ({ redis }) => {
    await using queue = await testQueue(invoices, invoiceHandlers, { redis });
    await fillQueue(queue, makeInvoice, (n) => ({ customer: `customer ${n}` }));
    await expect(queue.producer.tryPut(makeInvoice, { customer: 'ann' })).rejects.toThrow(QueueFullError);
  });
});

describe('a Redis in trouble', () => {
  isolatedRedisTest('loses nothing', async ({ redis, server }) => {
    await using queue = await testQueue(invoices, invoiceHandlers, { redis });
    await queue.start();
    for (let n = 0; n < 5; n += 1) await queue.put(makeInvoice, { customer: `customer ${n}` });
    await cutConnection(server);
    await pauseRedis(server, 50);
    await restartRedis(server, 'kill'); // the data stays: this server is persistent
    await queue.drain({ timeoutMs: 30_000 });

    const history = await queue.history();
    expect(neverOver(history, invoices.capacity)).toEqual([]);
    expect(noneLost(history, await queue.finalState())).toEqual([]);
    expect(noneTwice(history, { maxAttempts: 3 })).toEqual([]);
  });
});
