import { z } from 'zod';
import { defineJob, namePattern, nameRule } from '@sluice/queue/contracts';
import { exactJson, type ExactJson } from '@sluice/queue/json';

/** Any JSON, as the text that came: the receiver gets it digit by digit. */
const data = exactJson(
  z.unknown().refine((value) => value !== undefined, 'is required, if only as null'),
) as unknown as z.ZodType<ExactJson, ExactJson>;

const payload = z.strictObject({
  /** Where the webhook goes: an absolute http or https URL of at most 2,048 characters, without credentials in it. */
  url: z
    .string()
    .max(2_048)
    .regex(/^https?:\/\/[^\s\\]+$/i, 'must be an http or https URL without white space')
    .regex(/^[a-z]+:\/\/[^@/?#]*([/?#]|$)/i, 'must be without credentials: a payload is no place for a secret'),
  /** What happened, such as `invoice.paid`: words of `A-Z a-z 0-9 _ -` with full stops between them, 1 to 256 characters. */
  type: z
    .string()
    .max(256)
    .regex(/^[\w-]+(\.[\w-]+)*$/, 'must be words of A-Z a-z 0-9 _ - with full stops between them'),
  /** What the receiver is told about it. */
  data,
  /** The name of a secret in the file of `SLUICE_WEBHOOK_SECRETS_FILE`. Never the secret itself, which a payload would show. */
  secret: z
    .string()
    .regex(namePattern, `must be a name: ${nameRule}`)
    .regex(/^(?!whsec_)/, 'must be the name of a secret, not the secret itself'),
  /**
   * By which the receiver knows a message that it has had before (`webhook-id`): 1 to 200 visible characters of ASCII, but no full stop.
   * Default: the job's id, which all its attempts share.
   */
  messageId: z
    .string()
    .regex(/^[!-\-/-~]{1,200}$/, 'must be 1 to 200 visible characters of ASCII, without a full stop')
    .exactOptional(),
  /** When it happened, as an ISO 8601 time in UTC; part of the body. Default: the body has none. */
  timestamp: z.iso.datetime().exactOptional(),
});

const result = z.strictObject({
  /** The `webhook-id` that was sent. */
  messageId: z.string(),
  /** Of the receiver's answer, 200 to 299. */
  status: z.int(),
  /** Which attempt was answered so, from 1. */
  attempts: z.int(),
  /** When the answer came, as an ISO 8601 time. */
  answeredAt: z.string(),
  /** Milliseconds from the start of this attempt to its answer. */
  ms: z.number(),
});

/**
 * Posts one webhook, signed as Standard Webhooks say. An answer of 200 to 299 is success. All else is tried again, from 5 s to a
 * day apart for about three days, and then a dead letter; 410, a URL that is none, and an address that is not allowed
 * end the job at once.
 */
export const deliverWebhook = defineJob({
  name: 'webhook.deliver',
  version: 1,
  payload,
  result,
  timeoutMs: 20_000,
  graceMs: 2_000,
  timeoutMaxMs: 60_000,
  retry: { attempts: 17, backoff: { type: 'exponential', delayMs: 5_000, jitter: 0.2 } },
});
