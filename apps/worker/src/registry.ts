import { defineHandler, type HandlerContext, type HandlerRegistry, inThread } from '@sluice/queue';
import { fetchUrl, pageDigest, type ShippedQueue } from '@sluice/shared';
import type { ShippedConfig } from './config.ts';
import { httpFetch, type HttpFetchDeps } from './handlers/http-fetch.ts';
import { anyAddress, publicAddressesOnly } from './http/connection/address-policy.ts';
import { OwnShortage } from './http/errors/own-shortage.ts';
import { HostBackoff } from './http/hosts/host-backoff.ts';
import { RefusalCounts } from './http/hosts/refusal-counts.ts';
import { HttpPool } from './http/http-pool.ts';
import { version } from './version.ts';

/** What the handlers of one process share. */
export type HandlerDeps = HttpFetchDeps;

/** A page needs some 100 MiB with all garbage, and the worst one that was found 200: 384 MiB. */
const DIGEST_MAX_BYTES = 384 * 2 ** 20;

/** Opens what the handlers share: one HTTP pool, one memory of busy hosts. */
export function openHandlers(
  { allowPrivate, useProxy }: Pick<ShippedConfig, 'allowPrivate' | 'useProxy'>,
  { onStop }: Pick<HandlerContext, 'onStop'>,
): HandlerRegistry<ShippedQueue> {
  const http = new HttpPool({
    policy: allowPrivate ? anyAddress : publicAddressesOnly,
    useProxy,
    userAgent: `sluice/${version}`,
  });
  onStop(() => http.close());
  return createHandlers({
    http,
    backoff: new HostBackoff(),
    refusals: new RefusalCounts(),
    shortage: new OwnShortage(),
  });
}

/** One handler for each contract of the queue. One that is missing does not compile. */
export function createHandlers(deps: HandlerDeps): HandlerRegistry<ShippedQueue> {
  return {
    'http.fetch': defineHandler(fetchUrl, (attempt) => httpFetch(attempt, deps)),
    'page.digest': inThread(pageDigest, import.meta.resolve('#handlers/page-digest'), {
      memoryMaxBytes: DIGEST_MAX_BYTES,
    }),
  };
}
