import { defineJob } from '@sluice/queue/contracts';
import { z } from 'zod';

/** The job of the commands in docs/operations.md. */
export const sendEmail = defineJob({
  name: 'email.send',
  payload: z.object({ to: z.string(), subject: z.string().optional() }),
  result: z.string(),
  retry: { attempts: 1 },
});
