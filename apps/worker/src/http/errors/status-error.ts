import { STATUS_CODES } from 'node:http';
import { FetchError } from './fetch-error.ts';

/** What a final status means: null for 200 to 299, an `HTTP` error for all others. */
export function statusError(status: number): FetchError | null {
  if (status >= 200 && status <= 299) return null;
  const name = STATUS_CODES[status];
  const overload = status === 429;
  const worthRetrying = status >= 500 || overload;
  return new FetchError('HTTP', name ? `Status ${status} ${name}` : `Status ${status}`, { worthRetrying, overload });
}
