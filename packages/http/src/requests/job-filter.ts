import { type JobFilter, jobSnapshotStates } from '@sluice/queue';
import { findInexactNumbers } from '@sluice/queue/json';
import { z } from 'zod';

const value = z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()]);
const payload = z.record(z.string(), z.union([value, z.array(value)]));
/** Milliseconds since 1970, as all times here. */
const time = z.coerce.number().int().min(0);

/** The fields of a filter in a body, but for the state. */
const common = {
  job: z.string().exactOptional(),
  code: z.string().exactOptional(),
  error: z.string().exactOptional(),
  worker: z.string().exactOptional(),
  since: time.exactOptional(),
  before: time.exactOptional(),
};

const states = z.enum(jobSnapshotStates);

/** A filter of dead letters in a body. */
export const letterFilter = z.strictObject({ ...common, payload: payload.exactOptional() });

const page = { limit: z.coerce.number().int().min(1).max(1_000).exactOptional(), cursor: z.string().exactOptional() };

/** In a query, the payload's fields are JSON: `payload={"to":"a@example.com"}`. */
const payloadText = z.string().transform((text, context): NonNullable<JobFilter['payload']> => {
  try {
    const parsed = payload.safeParse(JSON.parse(text));
    if (parsed.success && findInexactNumbers(text).length === 0) return parsed.data;
  } catch {
    // below
  }
  context.addIssue('must be a JSON object of paths and values, such as {"to.domain":"example.com"}');
  return z.NEVER;
});

/** A filter of dead letters and a page, in a query. */
export const letterQuery = z.strictObject({ ...common, ...page, payload: payloadText.exactOptional() });

/** A filter of jobs and a page, in a query; states with commas between them. */
export const jobQuery = letterQuery.extend({
  state: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(states))
    .exactOptional(),
});

/** How a request acts on many jobs. */
export const actFields = {
  dryRun: z.boolean().exactOptional(),
  ratePerSecond: z.number().min(1).max(10_000).exactOptional(),
  /** A request ends, so it acts on no more. */
  limit: z.int().min(1).max(10_000).exactOptional(),
  cursor: z.string().exactOptional(),
};
