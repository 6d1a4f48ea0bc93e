import { STATUS_CODES } from 'node:http';
import { type Payload, PermanentJobError, type Result, RetryLaterError } from '@sluice/queue';
import type { deliverWebhook } from '@sluice/shared';
import { skipBody } from '../http/body/read-body.ts';
import { classifyError } from '../http/errors/classify-error.ts';
import type { OwnShortage } from '../http/errors/own-shortage.ts';
import { askHost, type AskHostDeps, pauseAskedBy } from '../http/hosts/ask-host.ts';
import { afterRefusal, HostRefusal } from '../http/hosts/host-refusal.ts';
import type { HostSlots } from '../http/hosts/host-slots.ts';
import type { RefusalCounts } from '../http/hosts/refusal-counts.ts';
import type { HttpAnswer } from '../http/http-pool.ts';
import { hostKey, parseTarget } from '../http/page/fetch-target.ts';
import { excerptOf } from '../webhook/answer-excerpt.ts';
import { WebhookError } from '../webhook/webhook-error.ts';
import { messageOf, signedHeaders } from '../webhook/webhook-message.ts';
import type { WebhookSecret } from '../webhook/webhook-secret.ts';
import type { WebhookSecrets } from '../webhook/webhook-secrets.ts';

/** What the handler needs of an attempt. */
export interface DeliveryAttempt {
  id: string;
  payload: Payload<typeof deliverWebhook>;
  attempt: number;
  signal: AbortSignal;
}

export interface WebhookDeliverDeps extends AskHostDeps {
  refusals: RefusalCounts;
  shortage: OwnShortage;
  secrets: WebhookSecrets;
  slots: HostSlots;
}

/** Jobs that found their host busy come back up to this share later, so that those of several workers do not meet. */
const BUSY_SPREAD = 0.5;

/**
 * Runs `webhook.deliver`.
 *
 * @throws WebhookError to be tried again: no answer, one that is not 200 to 299, a secret that is not there
 * @throws PermanentJobError for 410, a URL that is none, and an address that the policy refuses
 * @throws RetryLaterError, no attempt spent, while the host has asked to be left alone or has enough of our requests, and
 *   while this machine can open no connection
 */
export async function sendWebhook(
  job: DeliveryAttempt,
  deps: WebhookDeliverDeps,
): Promise<Result<typeof deliverWebhook>> {
  const url = urlOf(job.payload);
  const secrets = await deps.secrets.find(job.payload.secret);
  const slot = deps.slots.acquire(hostKey(url));
  if (!slot.granted) throw hostIsBusy(slot.comeBackMs);
  try {
    return await post(job, url, secrets, deps);
  } catch (error) {
    throw await failureOf(error, job, deps);
  } finally {
    slot.release();
  }
}

function urlOf({ url }: Payload<typeof deliverWebhook>): URL {
  try {
    return parseTarget(url).url;
  } catch (error) {
    throw new PermanentJobError('the URL of the webhook cannot be used', { cause: error });
  }
}

function hostIsBusy(comeBackMs: number): RetryLaterError {
  const delayMs = comeBackMs * (1 + Math.random() * BUSY_SPREAD);
  return new RetryLaterError({ delayMs, reason: 'the host has as many webhooks at a time as it may get' });
}

async function post(
  { id, payload, attempt, signal }: DeliveryAttempt,
  url: URL,
  secrets: readonly WebhookSecret[],
  deps: WebhookDeliverDeps,
): Promise<Result<typeof deliverWebhook>> {
  const startedMs = performance.now();
  const message = messageOf(id, payload);
  const headers = signedHeaders(message, secrets, new Date());
  const answer = await askHost({ url, method: 'POST', headers, body: message.body }, signal, deps);
  const answeredAt = new Date().toISOString();
  const ms = Math.round(performance.now() - startedMs);
  deps.shortage.isOver();
  const status = answer.statusCode;
  if (status < 200 || status > 299) throw await refusalOf(answer, url, secrets, signal);
  await skipBody(answer, signal);
  deps.refusals.forget(id);
  return { messageId: message.id, status, attempts: attempt, answeredAt, ms };
}

/** What an answer that is no success means. */
async function refusalOf(
  answer: HttpAnswer,
  url: URL,
  secrets: readonly WebhookSecret[],
  signal: AbortSignal,
): Promise<Error> {
  const status = answer.statusCode;
  const excerpt = await excerptOf(answer, secrets, signal);
  const retryAfterMs = pauseAskedBy(answer);
  if (retryAfterMs !== null) return new HostRefusal(hostKey(url), retryAfterMs, status);
  const what = `Status ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  const hint = status >= 300 && status <= 399 ? ' (redirects are not followed)' : '';
  const text = `${what}${hint}${excerpt === '' ? '' : `: ${excerpt}`}`;
  return status === 410 ? new PermanentJobError(text) : new WebhookError(text);
}

/** What a delivery ends with that failed with this. */
async function failureOf(
  error: unknown,
  { id, signal }: DeliveryAttempt,
  { refusals, shortage }: WebhookDeliverDeps,
): Promise<unknown> {
  if (signal.aborted) return signal.reason;
  const failure = classifyError(error);
  if (!failure) return error;
  if (failure.failure === 'SHORTAGE') await shortage.wait(signal);
  const { message: text, failure: code } = failure;
  if (code === 'BLOCKED_ADDRESS') return new PermanentJobError(text);
  if (!(failure instanceof HostRefusal))
    return new WebhookError(code === 'HTTP' ? text : `${code}: ${text}`, { cause: error });
  const next = afterRefusal(failure, {
    retryAfterMaxMs: Infinity,
    refusals: failure.status === null ? 0 : refusals.add(id),
  });
  return next instanceof RetryLaterError ? next : new WebhookError(next.message);
}
