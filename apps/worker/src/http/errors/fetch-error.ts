import { SluiceError } from '@sluice/queue/contracts';
import type { FetchErrorCode } from '@sluice/shared';
import { STATUS_CODES } from 'node:http';

export interface FetchErrorOptions extends ErrorOptions {
  /** Default: false. */
  worthRetrying?: boolean;
  /** Default: false. */
  overload?: boolean;
}

/**
 * A fetch went wrong at the far end, or was refused on our side before it got there.
 *
 * It becomes the `error` of a result. Where trying again may help and attempts are left, the handler throws it
 * instead, so that the pool backs off and retries; or marks the result, when its caller retries.
 */
export class FetchError extends SluiceError {
  readonly code = 'SLUICE_FETCH';
  /** What the result says. */
  readonly failure: FetchErrorCode;
  /** Whether another attempt may end differently. */
  readonly worthRetrying: boolean;
  /** Whether it says that too much is asked at once. */
  readonly overload: boolean;

  constructor(failure: FetchErrorCode, message: string, options: FetchErrorOptions = {}) {
    super(message, options);
    this.failure = failure;
    this.worthRetrying = options.worthRetrying ?? false;
    this.overload = options.overload ?? false;
  }
}

/** What a final status means: null for 200 to 299, an `HTTP` error for all others. */
export function statusError(status: number): FetchError | null {
  if (status >= 200 && status <= 299) return null;
  const name = STATUS_CODES[status];
  const overload = status === 429;
  const worthRetrying = status >= 500 || overload;
  return new FetchError('HTTP', name ? `Status ${status} ${name}` : `Status ${status}`, { worthRetrying, overload });
}
