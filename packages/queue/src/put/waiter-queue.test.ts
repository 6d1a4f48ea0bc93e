import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import type { Admitted } from '../store/admission/admission-client.ts';
import type { PendingPut } from './pending-put.ts';
import type { PreparedJob } from './prepare-job.ts';
import { PutResults } from './put-results.ts';
import { WaiterQueue } from './waiter-queue.ts';

const job = defineJob({ name: 'job', payload: z.null(), result: z.null() });
const queue = defineQueue({ name: 'q', jobs: [job], capacity: 100 });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function newPut(): PendingPut {
  const since = performance.now();
  const settle = { resolve: () => undefined, reject: () => undefined };
  return {
    job: { id: 'x', bytes: 4 } as PreparedJob,
    since,
    until: Infinity,
    signal: undefined,
    deadlockGuard: undefined,
    waited: false,
    sent: false,
    calledOff: false,
    arrivalLinks: undefined,
    deadlineLinks: undefined,
    ...settle,
  };
}

/** A waiter queue before a job queue that stays full. */
function waitersAtFullQueue(): { waiters: WaiterQueue; asked: () => number } {
  let asked = 0;
  const waiters = new WaiterQueue({
    producer: 'p',
    ticketMost: 100,
    results: new PutResults(queue, 'redis'),
    admission: {
      admit: (puts): Promise<Admitted<PendingPut>> => {
        asked += 1;
        const answers = puts.map(() => ({ decision: 'full' as const, id: 0, depth: 100, capacity: 100 }));
        return Promise.resolve({ sent: puts, reply: { answers, arrival: '1', ahead: 0 } });
      },
      leave: () => Promise.resolve(),
    },
    isWoken: () => true,
    onWaiting: () => undefined,
  });
  return { waiters, asked: () => asked };
}

describe('a waiter queue', () => {
  it('looks for capacity in time, however many join it meanwhile', async () => {
    const { waiters, asked } = waitersAtFullQueue();
    for (let ms = 0; ms < 400; ms += 1) {
      waiters.join(newPut());
      waiters.advance();
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(asked()).toBeGreaterThan(400 / 50);
    await waiters.close(new Error('over'));
  });

  it('asks for no other put once one has to wait', async () => {
    const { waiters, asked } = waitersAtFullQueue();
    waiters.join(newPut());
    waiters.advance();
    await vi.advanceTimersByTimeAsync(0);
    waiters.join(newPut());
    waiters.advance();
    expect(asked()).toBe(1);
    expect(waiters.length).toBe(2);
    await waiters.close(new Error('over'));
  });

  it('looks at no more puts at a wake-up, however many wait', async () => {
    const { waiters } = waitersAtFullQueue();
    let looks = 0;
    for (let n = 0; n < 20_000; n += 1) {
      const put = newPut();
      const counted = new Proxy(put, { get: (from, name) => ((looks += 1), Reflect.get(from, name)) });
      waiters.join(counted);
    }
    waiters.advance();
    await vi.advanceTimersByTimeAsync(0);
    expect(waiters.length).toBe(20_000);
    looks = 0;
    waiters.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThan(5_000); // those of one ticket, a few times each
    await waiters.close(new Error('over'));
  });

  it('continues with any number of puts when the time of one is up', async () => {
    const { waiters, asked } = waitersAtFullQueue();
    waiters.join({ ...newPut(), until: performance.now() + 1_000 });
    for (let n = 0; n < 130_000; n += 1) waiters.join(newPut()); // no function takes so many arguments
    waiters.advance();
    await vi.advanceTimersByTimeAsync(999);
    expect(waiters.length).toBe(130_001);
    const before = asked();
    await vi.advanceTimersByTimeAsync(100);
    expect(waiters.length).toBe(130_000);
    expect(asked()).toBeGreaterThan(before);
    await waiters.close(new Error('over'));
  });
});
