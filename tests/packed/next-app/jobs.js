import { defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

export const double = defineJob({
  name: 'double',
  payload: z.object({ n: z.int() }),
  result: z.object({ n: z.int() }),
});
export const block = defineJob({
  name: 'block',
  payload: z.object({ ms: z.int() }),
  result: z.object({ runs: z.int() }),
  timeoutMs: 20_000,
});
export const where = defineJob({
  name: 'where',
  payload: z.object({}),
  result: z.object({ isMainThread: z.boolean() }),
});
export const numbers = defineQueue({ name: 'numbers', capacity: 10, jobs: [double, block, where] });
