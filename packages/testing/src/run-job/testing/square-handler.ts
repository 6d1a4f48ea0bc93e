import { defineHandler, defineJob } from '@sluice/queue';
import { z } from 'zod';

const square = defineJob({ name: 'square', payload: z.int(), result: z.int() });

/** The square of the payload, and what its children came to. */
export default defineHandler(square, async ({ payload, children }) => {
  let sum = payload * payload;
  for (const child of await children(square)) if (child.outcome === 'completed') sum += child.result;
  return sum;
});
