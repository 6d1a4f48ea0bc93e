import { defineApp, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

/** The contract as docs/operations.md changes it: old payloads have no locale. */
export const sendEmail = defineJob({
  name: 'email.send',
  version: 2,
  payload: z.object({ to: z.string(), subject: z.string().optional(), locale: z.string() }),
  result: z.string(),
  upcasts: { 1: (old) => ({ ...(old as object), locale: 'en' }) },
});
export const emails = defineQueue({ name: 'emails', jobs: [sendEmail], capacity: 1_000 });

export const handlers = { 'email.send': defineHandler(sendEmail, ({ payload: { locale } }) => locale) };

/** The build that is to be deployed. */
export default defineApp({ queues: [emails], handlers: { emails: handlers } });
