import { z } from 'zod';

/** What is answered to a put, for the OpenAPI document. */
export const receipt = z.looseObject({
  id: z.string(),
  job: z.string(),
  status: z.enum(['created', 'duplicate', 'deduplicated']),
  depth: z.int(),
  capacity: z.int(),
  waitedMs: z.number(),
  dropped: z.string().optional(),
  next: z.string().optional(),
});

/** What is answered to a list of puts. */
export const results = z.looseObject({
  queue: z.string(),
  results: z.array(z.union([z.looseObject({ receipt }), z.looseObject({ problem: z.looseObject({}) })])),
});
