import { socketUrl } from '@sluice/local-redis';
import { connectProducer } from '@sluice/queue';
import { monotonicMs, serveParent } from '../bench-process.ts';
import { turn, waitQueue } from './turn-pool.ts';
import type { Admission, WaiterAccount, WaiterOptions } from './waiter-group.ts';

// A process whose producers put one job after another into a queue that is always full. Asked to end, it reports.
const { socketPath, capacity, waiters }: WaiterOptions = JSON.parse(process.argv[2] ?? '');
const admissions: Admission[] = [];
const waiting = new Set<{ readonly calledAtMs: number }>();
const ending = new AbortController();
const producer = await connectProducer(waitQueue(capacity), { redis: socketUrl(socketPath) });

async function putOverAndOver(): Promise<void> {
  while (!ending.signal.aborted) {
    const put = { calledAtMs: monotonicMs() };
    waiting.add(put);
    const { id, depth } = await producer.put(turn, null, { waitMs: Infinity, signal: ending.signal });
    waiting.delete(put);
    admissions.push({ id, calledAtMs: put.calledAtMs, admittedAtMs: monotonicMs(), depth });
  }
}

async function end(): Promise<WaiterAccount> {
  const account = { admissions: [...admissions], stillWaiting: [...waiting].map(({ calledAtMs }) => calledAtMs) };
  ending.abort(new Error('the bench is over'));
  return account;
}

for (let waiter = 0; waiter < waiters; waiter += 1) {
  putOverAndOver().catch((error: unknown) => {
    if (error === ending.signal.reason) return;
    console.error(error);
    process.exit(1);
  });
}
serveParent(end);
