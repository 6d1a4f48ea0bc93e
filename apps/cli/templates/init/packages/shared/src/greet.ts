import { defineJob } from '@sluice/queue/contracts';
import { z } from 'zod';

/** What producer and worker agree on: the payload that is put, the result that comes back, and how long an attempt may take. */
export const greet = defineJob({
  name: 'greet',
  payload: z.object({ name: z.string().min(1) }),
  result: z.object({ text: z.string() }),
  timeoutMs: 10_000,
  retry: { attempts: 3 },
});
