import { RetryLaterError } from '@sluice/shared';
import { FetchError } from './fetch-error.ts';
import { hostKey, type FetchTarget } from './fetch-target.ts';
import type { HostBrake, Pause } from './host-brake.ts';
import type { HttpAnswer, HttpPool } from './http-pool.ts';
import { headerOf } from './response-headers.ts';
import { parseRetryAfter } from './retry-after.ts';
import { asksForPause } from './status-error.ts';

export interface AskHostDeps {
  http: HttpPool;
  brake: HostBrake;
}

/** Fetches that wait for the same host come back over this share of its pause, and at least the second number of ms. */
const SPREAD = 0.5;
const SPREAD_LEAST_MS = 500;

/**
 * Sends one request, unless its host has asked to be left alone; and remembers it when it asks now.
 *
 * @throws RetryLaterError while the host is in a pause; FetchError when it has refused too often for that
 */
export async function askHost(
  target: FetchTarget,
  signal: AbortSignal,
  { http, brake }: AskHostDeps,
): Promise<HttpAnswer> {
  const host = hostKey(target.url);
  const pause = brake.pauseOf(host);
  if (pause) throw refusalDuring(pause);
  const answer = await http.get(target, signal);
  if (asksForPause(answer.statusCode))
    brake.refused(host, parseRetryAfter(headerOf(answer, 'retry-after'), Date.now()));
  else brake.answered(host);
  return answer;
}

function refusalDuring({ remainingMs, hopeless }: Pause): Error {
  if (hopeless) {
    return new FetchError('HTTP', 'not asked: the host keeps answering 429 or 503', { worthRetrying: true });
  }
  const spreadMs = Math.max(SPREAD_LEAST_MS, remainingMs * SPREAD) * Math.random();
  return new RetryLaterError({ delayMs: Math.ceil(remainingMs + spreadMs), reason: 'the host asked to be left alone' });
}
