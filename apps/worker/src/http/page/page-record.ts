import type { fetchUrl } from '@sluice/shared';
import type { Result } from '@sluice/queue/contracts';

/** What a fetch has learned so far. Each step adds to it, so that a failure leaves all that was known before it. */
export type PageRecord = Pick<
  Result<typeof fetchUrl>,
  'status' | 'finalUrl' | 'bytes' | 'sha256' | 'contentType' | 'body'
>;

export function newPageRecord(): PageRecord {
  return { status: null, finalUrl: null, bytes: 0, sha256: null, contentType: null };
}
