import { defineJob, defineQueue } from '@sluice/queue/contracts';
import { z } from 'zod';

export const sendEmail = defineJob({
  name: 'email.send',
  payload: z.object({ to: z.email(), subject: z.string() }),
  result: z.object({ messageId: z.string() }),
});

export const buildReport = defineJob({
  name: 'report.build',
  payload: z.object({ day: z.iso.date() }),
  result: z.object({ orders: z.int() }),
  timeoutMs: 300_000,
});

export const emails = defineQueue({ name: 'emails', jobs: [sendEmail], capacity: 1_000 });
/** Reports are slow, so few may wait: its capacity is its own. */
export const reports = defineQueue({ name: 'reports', jobs: [buildReport], capacity: 20 });
