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
export const hash = defineJob({
  name: 'hash',
  payload: z.object({ text: z.string() }),
  result: z.object({ hash: z.string(), isMainThread: z.boolean() }),
});

export const numbers = defineQueue({ name: 'numbers', capacity: 10, jobs: [double, block, hash] });
export const asked = defineQueue({ name: 'asked', capacity: 10, jobs: [double] });
