import { setTimeout as sleep } from 'node:timers/promises';
import { defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

export const makeInvoice = defineJob({
  name: 'invoice.make',
  payload: z.object({ customer: z.string() }),
  result: z.object({ pages: z.int() }),
  timeoutMs: 5_000,
});

export const invoices = defineQueue({ name: 'invoices', jobs: [makeInvoice], capacity: 20 });

export const invoiceHandlers = {
  'invoice.make': defineHandler(makeInvoice, async ({ payload, progress, signal }) => {
    await progress({ pages: 0 });
    if (payload.customer === 'slow') await sleep(60_000, undefined, { signal });
    return { pages: 1 };
  }),
};

export const flaky = defineHandler(makeInvoice, () => {
  throw new Error('the printer is out of paper');
});
