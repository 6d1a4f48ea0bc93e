import { HttpService } from '@sluice/http';
import { socketUrl } from '@sluice/local-redis';
import { defineJob, defineQueue } from '@sluice/queue';
import { createLogger } from '@sluice/service';
import { Metrics } from '@sluice/service/metrics';
import { z } from 'zod';
import { AMPLE_CAPACITY, JOB_NAME } from '../../put/contender.ts';
import { retryPolicy } from '../../put/put-plan.ts';
import type { OpenHttpContender } from './known-contenders.ts';

const job = defineJob({
  name: JOB_NAME,
  payload: z.strictObject({ url: z.url(), note: z.string() }),
  result: z.null(),
  retry: { attempts: retryPolicy.attempts, backoff: { type: 'exponential', delayMs: retryPolicy.backoffMs } },
});

const queue = defineQueue({ name: 'http', jobs: [job], capacity: AMPLE_CAPACITY });

/** The service as `sluice serve` runs it, with its metrics, on a loopback address without API keys. */
export const openSluiceService: OpenHttpContender = async (socketPath, log) => {
  const service = new HttpService({
    queues: [queue],
    redis: socketUrl(socketPath),
    logger: createLogger({ name: 'producer', level: log === 'request log' ? 'info' : 'warn' }),
    host: '127.0.0.1',
    port: 0,
    auth: 'none',
    drainMs: 1_000,
    metrics: new Metrics(),
  });
  await service.start();
  return { port: Number(new URL(service.url ?? '').port) };
};
