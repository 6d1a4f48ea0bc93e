import { z } from 'zod';
import { defineJob } from '@sluice/queue/contracts';

/** Limits of a digest. What is longer is cut or left out, and never makes a job fail. */
export const pageDigestLimits = {
  /** Characters. */
  titleMax: 500,
  descriptionMax: 2_000,
  /** The longest link, in characters; a longer one is left out, as if it were not there. */
  linkMax: 2_048,
  /** All links together, in characters; the others are counted and left out. */
  linksMaxChars: 131_072,
} as const;

const payload = z.strictObject({
  /** The page. With all else it must fit a payload: 256 KiB as JSON. */
  html: z.string(),
  /**
   * Where the page was found: an absolute http or https URL of at most 2,048 characters, against which its links are resolved. As in
   * http.fetch, a tab or the end of a line in it is refused, before zod leaves it out and another URL is read.
   */
  url: z
    .string()
    .trim()
    .regex(/^[^\t\r\n]*$/, 'has a tab or the end of a line in it')
    .max(pageDigestLimits.linkMax)
    .check(z.url({ protocol: /^https?$/ }))
    .exactOptional(),
  /** The most links that are listed, 0 to 1,000. */
  maxLinks: z.int().min(0).max(1_000).default(100),
});

const result = z.strictObject({
  /** Text of the first `title`; null when there is none, or it is empty. */
  title: z.string().nullable(),
  /** Of `<meta name="description">`, or else of `og:description`. */
  description: z.string().nullable(),
  /** Of `<html lang>`, as a BCP 47 tag such as `de-AT`; null when it is none. */
  language: z.string().nullable(),
  /** Words that a reader sees, by Unicode's rules: also in languages that write no spaces. */
  words: z.int(),
  /** Where the page leads: absolute http and https URLs, without fragments and credentials, each once, in order. */
  links: z.array(z.string()),
  /** How many there are in all, listed or not. */
  linkCount: z.int(),
});

/**
 * Says what a page of HTML is about. No page is too broken for it, as no page is for a browser; links that cannot be
 * resolved are left out. It computes only, and runs in a thread.
 */
export const pageDigest = defineJob({
  name: 'page.digest',
  version: 1,
  payload,
  result,
  timeoutMs: 10_000,
  graceMs: 1_000,
  timeoutMaxMs: 60_000,
  retry: { attempts: 2, backoff: { type: 'exponential', delayMs: 1_000, jitter: 0.5 } },
});
