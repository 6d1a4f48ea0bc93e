import { join } from 'node:path';
import { env } from 'node:process';
import { pathToFileURL } from 'node:url';
import { createWorkerPool, defineHandler, inThread } from '@sluice/queue';
import { block, double, numbers, where } from './jobs.js';

let runs = 0;

export async function startPool() {
  const handlers = {
    double: defineHandler(double, async ({ payload }) => ({ n: payload.n * 2 })),
    // Blocks the event loop: only another thread can renew the lease meanwhile.
    block: defineHandler(block, async ({ payload }) => {
      runs += 1;
      for (const end = Date.now() + payload.ms; Date.now() < end;);
      return { runs };
    }),
    where: inThread(where, pathToFileURL(join(process.cwd(), 'threads', 'where-handler.cjs'))),
  };
  const timings = { leaseMs: 1_000, renewMs: 300, sweepMs: 300 };
  await createWorkerPool(numbers, handlers, { redis: env.REDIS_URL, concurrency: 4, timings }).start();
}
