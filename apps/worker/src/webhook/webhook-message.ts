import type { Payload } from '@sluice/queue';
import { writeJson } from '@sluice/queue/json';
import type { deliverWebhook } from '@sluice/shared';
import type { WebhookSecret } from './webhook-secret.ts';

/** A webhook as it goes out, but for its signature: the same with every attempt. */
export interface WebhookMessage {
  readonly id: string;
  readonly body: string;
}

/** The body has the members that Standard Webhooks propose: what happened, when, and the data. */
export function messageOf(jobId: string, payload: Payload<typeof deliverWebhook>): WebhookMessage {
  const { type, timestamp, data } = payload;
  const body = writeJson({ type, ...(timestamp === undefined ? {} : { timestamp }), data });
  return { id: payload.messageId ?? headerSafe(jobId), body };
}

/** Signed with each of the secrets, so that a receiver that knows only one of them takes it. */
export function signedHeaders(
  { id, body }: WebhookMessage,
  secrets: readonly WebhookSecret[],
  sentAt: Date,
): Record<string, string> {
  return {
    accept: '*/*',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => secret.sign(id, sentAt, body)).join(' '),
  };
}

/** A job's id may be any text. What no header takes is escaped, and the full stop, which separates what is signed. */
function headerSafe(jobId: string): string {
  return jobId.replace(/[^!-~]+|[.%]/g, (part) => (part === '.' ? '%2E' : encodeURIComponent(part)));
}
