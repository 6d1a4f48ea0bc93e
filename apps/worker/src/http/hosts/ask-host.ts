import { FetchError } from '../errors/fetch-error.ts';
import { hostKey } from '../page/fetch-target.ts';
import type { HostBackoff, Pause } from './host-backoff.ts';
import { comeBackAfter, HostRefusal } from './host-refusal.ts';
import type { HttpAnswer, HttpPool, HttpRequest } from '../http-pool.ts';
import { headerOf } from '../response/response-headers.ts';
import { parseRetryAfter } from './retry-after-header.ts';

export interface AskHostDeps {
  http: HttpPool;
  backoff: HostBackoff;
}

/**
 * Sends one request, unless its host has asked to be left alone; and remembers it when it asks now.
 *
 * @throws HostRefusal while the host is in a pause that it asked for; RetryLaterError during one of our own;
 *   FetchError when the host has refused too often for that
 */
export async function askHost(
  request: HttpRequest,
  signal: AbortSignal,
  { http, backoff }: AskHostDeps,
): Promise<HttpAnswer> {
  const host = hostKey(request.url);
  const pause = backoff.pauseOf(host);
  if (pause) throw refusalDuring(host, pause);
  const answer = await http.send(request, signal);
  const askedMs = pauseAskedBy(answer);
  if (askedMs !== null || answer.statusCode === 429) backoff.refused(host, askedMs);
  // A 503 without a time is the fault of its page: it says nothing about the host.
  else if (answer.statusCode !== 503) backoff.answered(host);
  return answer;
}

/** How long a 429 or 503 asks us to leave its host alone; null when it does not say, or only that it is over. */
export function pauseAskedBy(answer: HttpAnswer): number | null {
  if (answer.statusCode !== 429 && answer.statusCode !== 503) return null;
  return parseRetryAfter(headerOf(answer, 'retry-after'), Date.now()) || null;
}

function refusalDuring(host: string, { remainingMs, asked, hopeless }: Pause): Error {
  if (asked) return new HostRefusal(host, remainingMs, null);
  if (hopeless) {
    const message = 'not asked: the host keeps answering 429';
    return new FetchError('HTTP', message, { worthRetrying: true, overload: true });
  }
  return comeBackAfter(remainingMs);
}
