import { defineApp, defineHandler } from '@sluice/queue';
import { emails, reports, sendEmail } from './queues.ts';

export default defineApp({
  queues: [emails, reports],
  handlers: {
    emails: {
      'email.send': defineHandler(sendEmail, async ({ id, payload, log }) => {
        log.info({ subject: payload.subject }, 'sending');
        return { messageId: `<${id}@example.com>` };
      }),
    },
    // Loaded by workers of this queue alone: nothing else needs a database.
    reports: () => import('./report-handlers.ts'),
  },
});
