import { socketUrl } from '@sluice/local-redis';
import { connectProducer } from '@sluice/queue';
import { monotonicMs } from './monotonic-ms.ts';
import { turn, waitQueue } from './wait-queue.ts';
import type { Admission, WaiterAccount, WaiterOptions } from './waiter-messages.ts';

// A process whose producers put one job after another into a queue that is always full. Told to end, it gives account.
const { socketPath, capacity, waiters }: WaiterOptions = JSON.parse(process.argv[2] ?? '');
const admissions: Admission[] = [];
const waiting = new Set<{ readonly calledAt: number }>();
const ending = new AbortController();
const producer = await connectProducer(waitQueue(capacity), { redis: socketUrl(socketPath) });

async function putOverAndOver(): Promise<void> {
  while (!ending.signal.aborted) {
    const put = { calledAt: monotonicMs() };
    waiting.add(put);
    const { id, depth } = await producer.put(turn, null, { waitMs: Infinity, signal: ending.signal });
    waiting.delete(put);
    admissions.push({ id, calledAt: put.calledAt, admittedAt: monotonicMs(), depth });
  }
}

process.once('disconnect', () => process.exit());
process.once('message', () => {
  const account: WaiterAccount = { admissions, stillWaiting: [...waiting].map(({ calledAt }) => calledAt) };
  process.send?.(account);
  ending.abort(new Error('the bench is over'));
});
for (let waiter = 0; waiter < waiters; waiter += 1) {
  putOverAndOver().catch((error: unknown) => {
    if (error === ending.signal.reason) return;
    console.error(error);
    process.exit(1);
  });
}
process.send?.('ready');
