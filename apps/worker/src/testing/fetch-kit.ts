import { randomUUID } from 'node:crypto';
import { fetchUrl } from '@sluice/shared';
import { defineHandler, type PayloadInput, type Result } from '@sluice/queue';
import { runJob } from '@sluice/testing';
import { httpFetch } from '../handlers/http-fetch.ts';
import { anyAddress } from '../http/connection/address-policy.ts';
import { HostBackoff } from '../http/hosts/host-backoff.ts';
import { OwnShortage } from '../http/errors/own-shortage.ts';
import { RefusalCounts } from '../http/hosts/refusal-counts.ts';
import { HttpPool, type HttpPoolOptions } from '../http/http-pool.ts';

export interface FetchKit extends AsyncDisposable {
  readonly backoff: HostBackoff;
  /** Runs the handler once; the last of three attempts by default, so that failures are results. */
  fetch(payload: PayloadInput<typeof fetchUrl> | string, attempt?: AttemptOptions): Promise<Result<typeof fetchUrl>>;
}

interface AttemptOptions {
  /** Default: an id of its own. */
  id?: string;
  attempt?: number;
  maxAttempts?: number;
  signal?: AbortSignal;
}

export interface FetchKitOptions extends Partial<HttpPoolOptions> {
  /** How long a shortage of this machine may last before it spends attempts. */
  limitMs?: number;
}

/** The handler with a pool and a backoff of its own; private addresses are allowed by default. */
export function createFetchKit({ limitMs = 300_000, ...options }: FetchKitOptions = {}): FetchKit {
  const http = new HttpPool({ policy: anyAddress, userAgent: 'sluice/test', ...options });
  const backoff = new HostBackoff();
  const refusals = new RefusalCounts();
  const shortage = new OwnShortage({ holdMs: 0, limitMs });
  const handler = defineHandler(fetchUrl, (job) => httpFetch(job, { http, backoff, refusals, shortage }));
  return {
    backoff,
    async fetch(
      payload,
      { id = randomUUID(), attempt = 3, maxAttempts = 3, signal = AbortSignal.timeout(15_000) } = {},
    ) {
      const input = typeof payload === 'string' ? { url: payload } : payload;
      const run = await runJob(handler, input, { id, attempt, maxAttempts, signal });
      if (run.outcome === 'completed') return run.result;
      throw run.thrown ?? new Error(run.error.message);
    },
    [Symbol.asyncDispose]: () => http.close(),
  };
}
