import { defineApp, defineHandler, defineQueue } from '@sluice/queue';
import { sendEmail } from './send-email.ts';

/** The build that runs when a changed contract is deployed. */
export const emails = defineQueue({ name: 'emails', jobs: [sendEmail], capacity: 1_000 });

export default defineApp({
  queues: [emails],
  handlers: { emails: { 'email.send': defineHandler(sendEmail, () => 'sent') } },
});
