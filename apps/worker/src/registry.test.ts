import {
  defineHandler,
  type HandlerRegistry,
  inThread,
  type ThreadHandler,
  defineJob,
  type Payload,
  type QueueDefinition,
} from '@sluice/queue';
import { deliverWebhook, fetchUrl, pageDigest, shippedQueue, shippedJobs } from '@sluice/shared';
import { silentLogger } from '@sluice/queue/logging';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { anyAddress } from './http/connection/address-policy.ts';
import { HostBackoff } from './http/hosts/host-backoff.ts';
import { OwnShortage } from './http/errors/own-shortage.ts';
import { RefusalCounts } from './http/hosts/refusal-counts.ts';
import { HttpPool } from './http/http-pool.ts';
import { HostSlots } from './http/hosts/host-slots.ts';
import { createHandlers } from './registry.ts';
import { WebhookSecrets } from './webhook/webhook-secrets.ts';

const settings: Parameters<typeof shippedQueue>[0] = {
  queue: 'pages',
  prefix: 'mine',
  capacity: 7,
  keepCount: 20,
  keepMs: 5_000,
};

const count = defineJob({ name: 'count', payload: z.object({ to: z.int() }), result: z.int() });
type DigestingQueue = QueueDefinition<readonly [typeof fetchUrl, typeof pageDigest]>;
type TwoJobs = QueueDefinition<readonly [typeof fetchUrl, typeof count]>;

const fetchHandler = defineHandler(fetchUrl, async ({ payload }) => {
  expectTypeOf(payload).toEqualTypeOf<Payload<typeof fetchUrl>>();
  throw new Error(`not to be run for ${payload.url}`);
});
const countHandler = defineHandler(count, ({ payload }) => payload.to);

describe('the queue', () => {
  it('has the configured name, prefix, capacity and retention', () => {
    expect(shippedQueue(settings)).toMatchObject({
      name: 'pages',
      prefix: 'mine',
      capacity: 7,
      jobs: shippedJobs,
      keep: { completed: { count: 20, ageMs: 5_000 } },
    });
  });
});

describe('the registry', () => {
  it('has a handler for every job of the queue', async () => {
    const http = new HttpPool({ policy: anyAddress, userAgent: 'sluice/test' });
    const deps = {
      http,
      backoff: new HostBackoff(),
      refusals: new RefusalCounts(),
      shortage: new OwnShortage(),
      secrets: await WebhookSecrets.open(undefined, silentLogger()),
      slots: new HostSlots({ perHost: 1 }),
    };
    const handlers = createHandlers(deps);
    const names = shippedQueue(settings).jobs.map((job) => job.name);
    expect(Object.keys(handlers)).toEqual(names);
    expect(handlers['webhook.deliver'].contract).toBe(deliverWebhook);
    expect(handlers['http.fetch'].contract).toBe(fetchUrl);
    await http.close();
  });

  it('does not compile without a handler, or with one of another job', () => {
    type Digest = { 'page.digest': ThreadHandler<typeof pageDigest> };
    expectTypeOf<{ 'http.fetch': typeof fetchHandler } & Digest>().toExtend<HandlerRegistry<DigestingQueue>>();
    expectTypeOf<{ 'http.fetch': typeof fetchHandler; count: typeof countHandler }>().toExtend<
      HandlerRegistry<TwoJobs>
    >();
    // @ts-expect-error: count is missing
    expectTypeOf<{ 'http.fetch': typeof fetchHandler }>().toExtend<HandlerRegistry<TwoJobs>>();
    const digest: Digest = { 'page.digest': inThread(pageDigest, import.meta.url) };
    // @ts-expect-error: the handler under http.fetch is one for count
    const misplaced: HandlerRegistry<DigestingQueue> = { ...digest, 'http.fetch': countHandler };
    // @ts-expect-error: the thread under page.digest is one for http.fetch
    const mixed: HandlerRegistry<DigestingQueue> = { ...misplaced, 'page.digest': inThread(fetchUrl, import.meta.url) };
    // @ts-expect-error: http.fetch is missing
    const missing: HandlerRegistry<DigestingQueue> = digest;
    expect([misplaced, mixed, missing]).toHaveLength(3);
  });
});
