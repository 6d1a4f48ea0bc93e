import { FetchError } from '../errors/fetch-error.ts';

/** The body is not what its Content-Encoding says. */
export function brokenEncoding(why: string): FetchError {
  return new FetchError('HTTP', `the body does not match its content encoding (${why})`);
}
