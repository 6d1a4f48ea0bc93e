import { createWorkerPool, type PoolHealth, redisWithCa } from '@sluice/queue';
import type { LifecycleState } from '@sluice/queue/lifecycle';
import type { Logger } from '@sluice/queue/logging';
import { shippedQueue } from '@sluice/shared';
import type { WorkerConfig } from './config.ts';
import { anyAddress, publicAddressesOnly } from './http/connection/address-policy.ts';
import { HostBackoff } from './http/hosts/host-backoff.ts';
import { HttpPool } from './http/http-pool.ts';
import { OwnShortage } from './http/errors/own-shortage.ts';
import { RefusalCounts } from './http/hosts/refusal-counts.ts';
import { createHandlers } from './registry.ts';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** What a worker process runs, from start to end. */
export interface Worker {
  readonly state: LifecycleState;
  health(): PoolHealth;
  /** @throws RedisUnavailableError */
  start(): Promise<void>;
  /** Takes no more jobs, lets the running ones end for as long as configured, and closes all connections. */
  drain(): Promise<void>;
  /** A drain without waiting. Shortens one that is under way. */
  stop(): Promise<void>;
}

/** Puts the parts together: one HTTP pool, one memory of busy hosts, one worker pool. */
export function createWorker(config: WorkerConfig, log: Logger): Worker {
  const http = new HttpPool({
    policy: config.allowPrivate ? anyAddress : publicAddressesOnly,
    useProxy: config.useProxy,
    userAgent: `sluice/${version}`,
  });
  const memory = { backoff: new HostBackoff(), refusals: new RefusalCounts(), shortage: new OwnShortage() };
  const handlers = createHandlers({ http, ...memory });
  const pool = createWorkerPool(shippedQueue(config), handlers, {
    redis: redisWithCa(config.redisUrl, config.redisCaFile),
    concurrency: config.concurrency,
    drainMs: config.drainMs,
    logger: log,
    unsafeEviction: config.unsafeEviction,
    allowUntestedBullmq: config.allowUntestedBullmq,
    ...(config.name === undefined ? {} : { name: config.name }),
  });
  // The handlers need the HTTP connections until the last of them has ended.
  const end = (poolEnds: Promise<void>): Promise<void> => poolEnds.finally(() => http.close());
  return {
    get state() {
      return pool.state;
    },
    health: () => pool.health(),
    start: () => pool.start(),
    drain: () => end(pool.drain()),
    stop: () => end(pool.stop()),
  };
}

const manifest = z.object({ version: z.string() });

/** The version of this program, as its package.json says. */
export const version: string = manifest.parse(
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')),
).version;
