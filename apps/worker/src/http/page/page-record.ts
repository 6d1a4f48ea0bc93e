import type { fetchUrl } from '@sluice/shared';
import { limits, type Result } from '@sluice/queue/contracts';
import { writeJson } from '@sluice/queue/json';
import { FetchError } from '../errors/fetch-error.ts';

/** What a fetch has learned so far. Each step adds to it, so that a failure leaves all that was known before it. */
export type PageRecord = Pick<
  Result<typeof fetchUrl>,
  'status' | 'finalUrl' | 'bytes' | 'sha256' | 'contentType' | 'body'
>;

export function newPageRecord(): PageRecord {
  return { status: null, finalUrl: null, bytes: 0, sha256: null, contentType: null };
}

type FetchResult = Result<typeof fetchUrl>;

/** The body was read, but cannot travel in a result. */
export function resultTooLarge(): FetchError {
  return new FetchError('TOO_LARGE', `with its body the result would be larger than ${limits.resultMaxBytes} bytes`);
}

/** Takes the body out of a result that is too large as JSON, and says so. Escapes can make JSON six times the text. */
export function fitResult(result: FetchResult): FetchResult {
  if (result.body === undefined || Buffer.byteLength(writeJson(result)) <= limits.resultMaxBytes) return result;
  const { body: _tooLarge, ...rest } = result;
  const { failure, message } = resultTooLarge();
  return { ...rest, ok: false, error: { code: failure, message } };
}
