import { setTimeout as sleep } from 'node:timers/promises';
import {
  defineHandler,
  defineJob,
  type HandlerFunction,
  inThread,
  JobTimeoutError,
  PayloadInvalidError,
  PermanentJobError,
  RetryLaterError,
} from '@sluice/queue';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runJob } from './run-job.ts';

const send = defineJob({
  name: 'email.send',
  version: 2,
  payload: z.object({ to: z.email(), at: z.iso.datetime().default('2026-01-01T00:00:00Z') }),
  result: z.object({ messageId: z.string() }),
  timeoutMs: 5_000,
  graceMs: 100,
  retry: { attempts: 3, backoff: { type: 'exponential', delayMs: 1_000, jitter: 0 } },
  upcasts: { 1: (old) => ({ to: (old as { address: string }).address }) },
});
const ann = { to: 'ann@example.com' };
const aHandler = (handle: HandlerFunction<typeof send>) => defineHandler(send, handle);

describe('runJob', () => {
  it('gives the handler children that ended as the test says', async () => {
    const note = defineJob({ name: 'note', payload: z.null(), result: z.string() });
    const handler = aHandler(async ({ children }) => {
      const notes = await children(note);
      return { messageId: notes.map((each) => (each.outcome === 'completed' ? each.result : each.outcome)).join() };
    });
    const children = [
      { job: note, result: 'one' },
      { job: note, dead: 'lost' },
      { job: send, result: { messageId: 'm' } },
    ];
    expect(await runJob(handler, ann, { children })).toMatchObject({ result: { messageId: 'one,dead' } });
    await expect(runJob(handler, ann, { children: [{ job: note, result: 1 }] })).rejects.toThrow('result of note');
  });

  it('runs the handler with what the contract makes of the payload, and returns its result', async () => {
    const run = await runJob(
      aHandler(async ({ payload, attempt, maxAttempts, id }) => ({
        messageId: `${payload.to} ${payload.at} ${attempt}/${maxAttempts} ${id}`,
      })),
      ann,
      { attempt: 2, id: 'welcome' },
    );
    const messageId = 'ann@example.com 2026-01-01T00:00:00Z 2/3 welcome';
    expect(run).toMatchObject({ outcome: 'completed', result: { messageId }, endedBy: 'return', attempt: 2 });
  });

  it('refuses a payload that a put would refuse', async () => {
    const handler = aHandler(async () => ({ messageId: 'm' }));
    await expect(runJob(handler, { to: 'ann' })).rejects.toThrow(PayloadInvalidError);
    // @ts-expect-error no such field
    await expect(runJob(handler, { address: 'ann' })).rejects.toThrow('payload of email.send is invalid: to:');
  });

  it('says whether and when a failed attempt is retried, and keeps what was thrown', async () => {
    const refused = new TypeError('connection refused');
    const handler = aHandler(() => Promise.reject(refused));
    const first = await runJob(handler, ann);
    expect(first).toMatchObject({ outcome: 'retried', delayMs: 1_000, error: { message: 'connection refused' } });
    expect(first.thrown).toBe(refused);
    expect(await runJob(handler, ann, { attempt: 2 })).toMatchObject({ outcome: 'retried', delayMs: 2_000 });
    expect(await runJob(handler, ann, { attempt: 3 })).toMatchObject({ outcome: 'dead', endedBy: 'throw' });
  });

  it('ends for good what cannot be helped by a retry', async () => {
    const permanent = aHandler(() => Promise.reject(new PermanentJobError('no such mailbox')));
    expect(await runJob(permanent, ann)).toMatchObject({ outcome: 'dead', error: { code: 'SLUICE_PERMANENT' } });
    const wrong = aHandler(async () => ({ messageId: 7 }) as never);
    const run = await runJob(wrong, ann);
    expect(run).toMatchObject({ outcome: 'dead', endedBy: 'return', error: { code: 'SLUICE_RESULT_INVALID' } });
  });

  it('gives back what is to run later', async () => {
    const later = aHandler(() => Promise.reject(new RetryLaterError({ delayMs: 250, reason: 'rate limit' })));
    const run = await runJob(later, ann);
    expect(run).toMatchObject({ outcome: 'released', delayMs: 250, error: { message: 'rate limit' } });
  });

  it('records progress, extensions and the ack method that counted', async () => {
    const acks = aHandler(async ({ progress, extend, ack }) => {
      await progress({ sent: 1 });
      await extend(1_000);
      await ack({ messageId: 'early' });
      throw new Error('ignored');
    });
    expect(await runJob(acks, ann)).toMatchObject({
      outcome: 'completed',
      result: { messageId: 'early' },
      endedBy: 'ack',
      progress: [{ sent: 1 }],
      extendedMs: [1_000],
    });
    const nacks = aHandler(async ({ nack }) => (await nack({ delayMs: 5 }), { messageId: '' }));
    expect(await runJob(nacks, ann)).toMatchObject({ outcome: 'released', delayMs: 5, endedBy: 'nack' });
    const terms = aHandler(async ({ term }) => (await term('unsubscribed'), { messageId: '' }));
    expect(await runJob(terms, ann)).toMatchObject({
      outcome: 'dead',
      endedBy: 'term',
      error: { message: 'unsubscribed' },
    });
  });

  it('interrupts the handler by a signal: as a drain, or as the deadline', async () => {
    const waits = aHandler(async ({ signal }) => {
      await sleep(60_000, undefined, { signal });
      return { messageId: 'never' };
    });
    const drained = await runJob(waits, ann, { signal: AbortSignal.abort() });
    expect(drained).toMatchObject({ outcome: 'released', delayMs: 0, endedBy: 'drain', abandoned: false });
    const late = await runJob(waits, ann, { signal: AbortSignal.abort(new JobTimeoutError(5_000)) });
    expect(late).toMatchObject({ outcome: 'retried', endedBy: 'deadline', error: { code: 'SLUICE_JOB_TIMEOUT' } });
    const short = await runJob(waits, ann, { timeoutMs: 10, attempt: 3 });
    expect(short).toMatchObject({ outcome: 'dead', endedBy: 'deadline', error: { message: /0.01 seconds/ } });
  });

  it('gives up a handler that ignores its signal', async () => {
    const stubborn = aHandler(() => new Promise(() => undefined));
    const run = await runJob(stubborn, ann, { timeoutMs: 10 });
    expect(run).toMatchObject({ outcome: 'retried', endedBy: 'deadline', abandoned: true });
  });

  it('does not run what has expired, or what was put under a version that cannot be read', async () => {
    const handler = aHandler(async ({ payload }) => ({ messageId: payload.to }));
    expect(await runJob(handler, ann, { expiresAt: 1 })).toMatchObject({ outcome: 'expired', endedBy: 'expiry' });
    const old = await runJob(handler, { address: 'bob@example.com' }, { version: 1 });
    expect(old).toMatchObject({ outcome: 'completed', result: { messageId: 'bob@example.com' } });
    const bad = await runJob(handler, { adress: 'bob@example.com' }, { version: 1 });
    expect(bad).toMatchObject({ outcome: 'dead', endedBy: 'not-run', error: { code: 'SLUICE_PAYLOAD_INVALID' } });
  });

  it('runs a handler of a thread in a thread, and refuses one whose module is not there', async () => {
    const square = defineJob({ name: 'square', payload: z.int(), result: z.int() });
    const run = await runJob(inThread(square, new URL('./testing/square-handler.ts', import.meta.url)), 12);
    expect(run).toMatchObject({ outcome: 'completed', result: 144 });
    const handler = inThread(square, new URL('./testing/square-handler.ts', import.meta.url));
    const children = [{ job: square, result: 5 }];
    expect(await runJob(handler, 12, { children })).toMatchObject({ outcome: 'completed', result: 149 });
    const none = inThread(square, new URL('./testing/none.ts', import.meta.url));
    await expect(runJob(none, 12)).rejects.toThrow('thread of square: there is no file');
  });

  it('says what is wrong with its arguments', async () => {
    const handler = aHandler(async () => ({ messageId: '' }));
    // @ts-expect-error no handler
    await expect(runJob(async () => ({ messageId: '' }), ann)).rejects.toThrow(
      'runJob: the first argument must be a handler made by defineHandler, defineBatchHandler or inThread, not a function',
    );
    // @ts-expect-error no such option
    await expect(runJob(handler, ann, { atempt: 2 })).rejects.toThrow('attempt');
    await expect(runJob(handler, ann, { attempt: 0 })).rejects.toThrow(
      'attempt must be a whole number from 1 to 1,000',
    );
    await expect(runJob(handler, ann, { attempt: 3, maxAttempts: 2 })).rejects.toThrow('but this is attempt 3');
  });
});
