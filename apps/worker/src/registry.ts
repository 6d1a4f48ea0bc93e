import { defineHandler, type HandlerContext, type HandlerRegistry, inThread } from '@sluice/queue';
import { deliverWebhook, fetchUrl, pageDigest, type ShippedQueue } from '@sluice/shared';
import type { ShippedConfig } from './config.ts';
import { httpFetch, type HttpFetchDeps } from './handlers/http-fetch.ts';
import { sendWebhook, type WebhookDeliverDeps } from './handlers/webhook-deliver.ts';
import { anyAddress, publicAddressesOnly } from './http/connection/address-policy.ts';
import { OwnShortage } from './http/errors/own-shortage.ts';
import { HostBackoff } from './http/hosts/host-backoff.ts';
import { HostSlots } from './http/hosts/host-slots.ts';
import { RefusalCounts } from './http/hosts/refusal-counts.ts';
import { HttpPool } from './http/http-pool.ts';
import { version } from './version.ts';
import { WebhookSecrets } from './webhook/webhook-secrets.ts';

/** What the handlers of one process share. */
export type HandlerDeps = HttpFetchDeps & WebhookDeliverDeps;

/** A page needs some 100 MiB with all garbage, and the worst one that was found 200: 384 MiB. */
const DIGEST_MAX_BYTES = 384 * 2 ** 20;

/**
 * Opens what the handlers share: one HTTP pool, one memory of busy hosts, the secrets of webhooks.
 *
 * @throws ConfigError when there is a file of secrets that cannot be used
 */
export async function openHandlers(
  { allowPrivate, useProxy, webhookSecretsFile, webhooksPerHost }: ShippedConfig,
  { onStop, log }: HandlerContext,
): Promise<HandlerRegistry<ShippedQueue>> {
  const secrets = await WebhookSecrets.open(webhookSecretsFile, log);
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
    secrets,
    slots: new HostSlots({ perHost: webhooksPerHost }),
  });
}

/** One handler for each contract of the queue. One that is missing does not compile. */
export function createHandlers(deps: HandlerDeps): HandlerRegistry<ShippedQueue> {
  return {
    'http.fetch': defineHandler(fetchUrl, (attempt) => httpFetch(attempt, deps)),
    'page.digest': inThread(pageDigest, import.meta.resolve('#handlers/page-digest'), {
      memoryMaxBytes: DIGEST_MAX_BYTES,
    }),
    'webhook.deliver': defineHandler(deliverWebhook, (attempt) => sendWebhook(attempt, deps)),
  };
}
