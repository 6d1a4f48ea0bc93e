import { openBunqueue, unfinishedOf } from '../../bunqueue/bunqueue-client.ts';
import type { BunqueueAddress, BunqueueMode } from '../../bunqueue/bunqueue-mode.ts';
import { JOB_NAME, type OpenContender } from '../contender.ts';
import { type BenchPayload, retryPolicy } from '../put-plan.ts';

/** bunqueue: `add`, which its client sends in batches by default, and `addBulk`. It has no jitter, and no bound. */
export function openBunqueueContender(mode: BunqueueMode): OpenContender {
  const jobOptions = {
    attempts: retryPolicy.attempts,
    backoff: { type: 'exponential', delay: retryPolicy.backoffMs },
    ...(mode === 'durable' ? { durable: true } : {}),
  } as const;
  return async (address) => {
    const { queue } = await openBunqueue<BenchPayload>('put', JSON.parse(address) as BunqueueAddress, jobOptions);
    return {
      put: (payload) => queue.add(JOB_NAME, payload),
      putBatch: (payloads) => queue.addBulk(payloads.map((data) => ({ name: JOB_NAME, data, opts: jobOptions }))),
      arrived: () => unfinishedOf(queue),
      empty: () => queue.obliterateAsync(),
      close: async () => queue.close(),
    };
  };
}
