import { defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

export const sendEmail = defineJob({
  name: 'email.send',
  payload: z.object({ to: z.email(), template: z.enum(['welcome', 'reminder']) }),
  result: z.object({ messageId: z.string() }),
  retry: { attempts: 5 },
});

export const emails = defineQueue({ name: 'emails', jobs: [sendEmail], capacity: 1_000 });

export const emailHandlers = {
  'email.send': defineHandler(sendEmail, async ({ payload }) => ({
    messageId: `${payload.template} for ${payload.to}`,
  })),
};
