import { z } from 'zod';
import { defineJob } from '@sluice/queue/contracts';
import { exactJson, type ExactJson } from '@sluice/queue/json';

/** Why a URL could not be fetched. The list is closed: programs may switch over it. */
export const fetchErrorCodes = [
  'TIMEOUT',
  'DNS',
  'REFUSED',
  'RESET',
  'TLS',
  'TOO_LARGE',
  'REDIRECTS',
  'BLOCKED_ADDRESS',
  'BAD_URL',
  'HTTP',
  'SHORTAGE',
] as const;
/** Why a fetch failed, one of the codes in docs/errors.md. */
export type FetchErrorCode = (typeof fetchErrorCodes)[number];

const payload = z.strictObject({
  /** An absolute http or https URL. Credentials in it are sent as basic authentication and appear nowhere else. */
  url: z.string().min(1).max(8_192),
  /**
   * Whether the body comes back with the result: not at all, as text, or as JSON, digit by digit. A result holds 256 KiB at most,
   * so a larger body that is asked for is an error `TOO_LARGE`.
   */
  body: z.enum(['none', 'text', 'json']).default('none'),
  /** The most bytes of decompressed body that are read, 1 to 1 GiB. */
  maxBodyBytes: z
    .int()
    .min(1)
    .max(2 ** 30)
    .default(10 * 2 ** 20),
  /** The most redirects that are followed. */
  maxRedirects: z.int().min(0).max(20).default(5),
  /**
   * The longest that a host may ask to be left alone (a Retry-After with a 429 or 503): the job waits for so long, and no
   * attempt is spent. When it asks for longer the job ends at once, with a `refusal`. Default, and at most: 1 day.
   */
  retryAfterMaxMs: z.int().min(0).max(86_400_000).optional(),
  /** Attempts that earlier jobs made for the same URL. They count: fewer are left, and `attempts` of the result goes on from them. */
  attemptsBefore: z.int().min(0).max(1_000).default(0),
  /**
   * The program that put the job makes the next attempt, with a job of its own: a failure that is worth one ends the job, and its result says
   * `worthRetrying`. Not so when too much is asked at once (a 429, a machine that is short of something): the job waits then.
   * Default: false.
   */
  retryByCaller: z.boolean().optional(),
});

/** Any JSON, as the text that came: see the field of this name. */
const body = exactJson(z.unknown()) as unknown as z.ZodType<ExactJson, ExactJson>;

const result = z.strictObject({
  /** The URL as asked for, without credentials. */
  url: z.string(),
  /** A status of 200 to 299, and a body within its limit. */
  ok: z.boolean(),
  /** Status of the last answer; null when there was none. */
  status: z.int().nullable(),
  /** Where redirects ended, without credentials; null when no answer came. */
  finalUrl: z.string().nullable(),
  /** Milliseconds of the attempt that gave this result. */
  ms: z.number(),
  /** Decompressed bytes of body that were read. */
  bytes: z.int(),
  /** Hex SHA-256 of the decompressed body; null when it was not read to its end. */
  sha256: z.string().nullable(),
  contentType: z.string().nullable(),
  /** Which attempt gave this result, from 1. */
  attempts: z.int(),
  /**
   * The body, when it was asked for and the fetch succeeded. JSON whose text plain data would change (digits beyond a double,
   * a key twice) is a JsonText, and goes on as it came.
   */
  body: body.optional(),
  /** The host asked to be left alone for longer than `retryAfterMaxMs`; it may be another one, after redirects. */
  refusal: z.strictObject({ host: z.string(), retryAfterMs: z.number() }).optional(),
  /** Another attempt may end differently, and attempts are left. Only with `retryByCaller`; else the job makes it. */
  worthRetrying: z.literal(true).optional(),
  error: z.strictObject({ code: z.enum(fetchErrorCodes), message: z.string() }).nullable(),
});

/**
 * Fetches one URL. What goes wrong at the far end is a result with an `error`, not a failed job:
 * what may be over in a moment is tried again first, as often as the job's attempts allow: a connection that is refused,
 * silent or cut, a name server without an answer, a timeout, 5xx and 429 answers.
 */
export const fetchUrl = defineJob({
  name: 'http.fetch',
  version: 1,
  payload,
  result,
  timeoutMs: 30_000,
  graceMs: 2_000,
  timeoutMaxMs: 600_000,
  retry: { attempts: 3, backoff: { type: 'exponential', delayMs: 1_000, jitter: 0.5 } },
});
