import { setTimeout as sleep } from 'node:timers/promises';
import { openBunqueue, unfinishedOf } from '../../bunqueue/bunqueue-client.ts';
import type { BunqueueAddress, BunqueueMode } from '../../bunqueue/bunqueue-mode.ts';
import { type BenchPayload, retryPolicy } from '../../put/put-plan.ts';
import type { PrepareRun } from '../take-contender.ts';

const LOOK_EVERY_MS = 10;
const LOOKS_MAX = 500;

/**
 * bunqueue: a `Worker` with its defaults. It keeps all completed jobs or none; here none. Its worker reports a job as completed
 * while the answer is still being sent, in a batch, so a run ends a little before the last answer.
 */
export function prepareBunqueue(mode: BunqueueMode): PrepareRun {
  const opts = {
    attempts: retryPolicy.attempts,
    backoff: { type: 'exponential', delay: retryPolicy.backoffMs },
    removeOnComplete: true,
    ...(mode === 'durable' ? { durable: true } : {}),
  } as const;
  return async ({ address, order, payloads, handle, onCompleted }) => {
    const { queue, work } = await openBunqueue<BenchPayload>('take', JSON.parse(address) as BunqueueAddress, opts);
    await queue.obliterateAsync();
    for (let from = 0; from < payloads.length; from += 1_000) {
      await queue.addBulk(payloads.slice(from, from + 1_000).map((data) => ({ name: 'bench', data, opts })));
    }
    const worker = work(handle, order.slots);
    worker.on('completed', onCompleted);
    worker.on('error', (error) => console.error(error));
    return {
      go: async () => worker.run(),
      left: async () => {
        for (let look = 1; ; look += 1) {
          const left = await unfinishedOf(queue);
          if (left === 0 || look === LOOKS_MAX) return left;
          await sleep(LOOK_EVERY_MS);
        }
      },
      close: async () => {
        await worker.close();
        await queue.close();
      },
    };
  };
}
