import { STATUS_CODES } from 'node:http';
import { FetchError } from '../errors/fetch-error.ts';
import { RetryLaterError } from '@sluice/queue/contracts';

/** A host asked to be left alone, and said for how long (Retry-After). */
export class HostRefusal extends FetchError {
  /** Host and port. */
  readonly host: string;
  readonly retryAfterMs: number;
  /** The status of its answer; null when it was not asked, because it had refused before. */
  readonly status: number | null;

  constructor(host: string, retryAfterMs: number, status: number | null) {
    super('HTTP', `${describe(status)}: the host asks to be left alone for ${Math.ceil(retryAfterMs / 1_000)} s`);
    this.host = host;
    this.retryAfterMs = retryAfterMs;
    this.status = status;
  }
}

function describe(status: number | null): string {
  return status === null ? 'not asked' : `Status ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
}

export interface WaitForHostOptions {
  /** The longest that a host may ask for. */
  retryAfterMaxMs: number;
  /** How often its host has answered this job with a refusal. */
  refusals: number;
}

/** Fetches that wait for the same host come back over this share of its pause, within these numbers of ms. */
const SPREAD = 0.5;
const SPREAD_LEAST_MS = 500;
const SPREAD_MOST_MS = 30_000;

/**
 * A page may be refused so often before each further refusal spends an attempt: the host gets on with others, or
 * does not keep the times that it names. Until then the pauses grow, up to the second number of ms.
 */
const REFUSALS_MAX = 20;
const OWN_PAUSE_MOST_MS = 60_000;

/**
 * What a refusal comes to: a job that comes back later, no attempt spent; or an error, when the host asks for longer
 * than may be waited.
 */
export function afterRefusal(refusal: HostRefusal, options: WaitForHostOptions): RetryLaterError | FetchError {
  const { retryAfterMaxMs, refusals } = options;
  if (refusal.retryAfterMs > retryAfterMaxMs) return refusal;
  if (refusals > REFUSALS_MAX) {
    return new FetchError('HTTP', `${refusal.message}, for the ${refusals}th time`, {
      worthRetrying: true,
      overload: true,
    });
  }
  const ownMs = refusals === 0 ? 0 : Math.min(OWN_PAUSE_MOST_MS, 1_000 * 2 ** (refusals - 1));
  return comeBackAfter(Math.max(refusal.retryAfterMs, ownMs));
}

/** Gives the job back until a pause is over. */
export function comeBackAfter(pauseMs: number): RetryLaterError {
  const spreadMs = Math.min(SPREAD_MOST_MS, Math.max(SPREAD_LEAST_MS, pauseMs * SPREAD)) * Math.random();
  return new RetryLaterError({ delayMs: Math.ceil(pauseMs + spreadMs), reason: 'the host asked to be left alone' });
}
