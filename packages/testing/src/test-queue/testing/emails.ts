import { defineHandler, defineJob, defineQueue, PermanentJobError, RetryLaterError } from '@sluice/queue';
import { z } from 'zod';

/** A job whose payload says what its handler does. */
export const send = defineJob({
  name: 'email.send',
  payload: z.object({
    to: z.email(),
    subject: z.string().default('Hello'),
    does: z.enum(['send', 'fail', 'die', 'later', 'hang']).default('send'),
    /** How many attempts fail before one is sent. */
    failures: z.int().default(0),
  }),
  result: z.object({ sent: z.string(), attempt: z.int() }),
  timeoutMs: 60_000,
  graceMs: 0,
  retry: { attempts: 3, backoff: { type: 'exponential', delayMs: 3_600_000, jitter: 0 } },
});

export const report = defineJob({ name: 'report.make', payload: z.object({ day: z.iso.date() }), result: z.void() });

export const emails = defineQueue({ name: 'emails', jobs: [send, report], capacity: 20 });

/** What was sent, in order. */
export const outbox: string[] = [];

export const handlers = {
  'email.send': defineHandler(send, async ({ payload, attempt, signal }) => {
    const { to, does, failures } = payload;
    if (does === 'fail' || attempt <= failures) throw new Error(`mail server refused ${to}`);
    if (does === 'die') throw new PermanentJobError(`no mailbox ${to}`);
    if (does === 'later' && outbox.length === 0) {
      outbox.push('asked');
      throw new RetryLaterError({ delayMs: 600_000 });
    }
    if (does === 'hang') await new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
    outbox.push(to);
    return { sent: to, attempt };
  }),
  'report.make': defineHandler(report, async ({ payload }) => void outbox.push(payload.day)),
};
