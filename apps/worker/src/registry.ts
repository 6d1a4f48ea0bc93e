import { defineHandler, type HandlerRegistry, inThread } from '@sluice/queue';
import { fetchUrl, pageDigest, type ShippedQueue } from '@sluice/shared';
import { httpFetch, type HttpFetchDeps } from './handlers/http-fetch.ts';

/** What the handlers of one process share. */
export type HandlerDeps = HttpFetchDeps;

/** A page needs some 100 MiB with all garbage, and the worst one that was found 200: 384 MiB. */
const DIGEST_MAX_BYTES = 384 * 2 ** 20;

/** One handler for each contract of the queue. One that is missing does not compile. */
export function createHandlers(deps: HandlerDeps): HandlerRegistry<ShippedQueue> {
  return {
    'http.fetch': defineHandler(fetchUrl, (attempt) => httpFetch(attempt, deps)),
    'page.digest': inThread(pageDigest, import.meta.resolve('#handlers/page-digest'), {
      memoryMaxBytes: DIGEST_MAX_BYTES,
    }),
  };
}
