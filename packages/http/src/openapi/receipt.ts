import { z } from 'zod';

const receiptFields = z.object({
  id: z.string(),
  job: z.string(),
  status: z.enum(['created', 'duplicate', 'deduplicated']),
  depth: z.int(),
  capacity: z.int(),
  waitedMs: z.number(),
  dropped: z.string().optional(),
  next: z.string().optional(),
});

/** What is answered to a put, for the OpenAPI document. */
export const receipt = receiptFields.extend({ queue: z.string() });

/** What is answered to a flow: the receipt of its root, with those of the jobs below it. */
export const flowReceipt = receipt.extend({ children: z.array(z.looseObject({ id: z.string() })) });

const problem = z.looseObject({ type: z.string(), title: z.string(), status: z.int(), detail: z.string() });

/** What is answered to a list of puts. */
export const results = z.object({
  queue: z.string(),
  results: z.array(z.union([z.object({ receipt: receiptFields }), z.object({ problem })])),
});
