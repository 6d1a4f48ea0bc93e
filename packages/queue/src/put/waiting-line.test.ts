import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import type { PendingPut } from './pending-put.ts';
import type { PreparedJob } from './prepare-job.ts';
import { PutVerdicts } from './put-verdicts.ts';
import { type Admitted, WaitingLine } from './waiting-line.ts';

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
    handlerWait: undefined,
    waited: false,
    sent: false,
    calledOff: false,
    ...settle,
  };
}

/** A line before a queue that is full for good. */
function lineAtFullQueue(): { line: WaitingLine; asked: () => number } {
  let asked = 0;
  const line = new WaitingLine({
    producer: 'p',
    ticketMost: 100,
    verdicts: new PutVerdicts(queue, 'redis'),
    ask: (puts): Promise<Admitted> => {
      asked += 1;
      const answers = puts.map(() => ({ verdict: 'full' as const, id: 0, depth: 100, capacity: 100 }));
      return Promise.resolve({ sent: puts, reply: { answers, arrival: '1', ahead: 0 } });
    },
    leave: () => Promise.resolve(),
    isWoken: () => true,
    onWaiting: () => undefined,
  });
  return { line, asked: () => asked };
}

describe('a waiting line', () => {
  it('looks for room in time, however many join it meanwhile', async () => {
    const { line, asked } = lineAtFullQueue();
    for (let ms = 0; ms < 400; ms += 1) {
      line.join(newPut());
      line.advance();
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(asked()).toBeGreaterThan(400 / 50);
    await line.close(new Error('over'));
  });

  it('asks for nobody else once somebody was told to wait', async () => {
    const { line, asked } = lineAtFullQueue();
    line.join(newPut());
    line.advance();
    await vi.advanceTimersByTimeAsync(0);
    line.join(newPut());
    line.advance();
    expect(asked()).toBe(1);
    expect(line.length).toBe(2);
    await line.close(new Error('over'));
  });

  it('looks at no more puts at a wake-up, however many wait', async () => {
    const { line } = lineAtFullQueue();
    let looks = 0;
    for (let n = 0; n < 20_000; n += 1) {
      const put = newPut();
      const counted = new Proxy(put, { get: (from, name) => ((looks += 1), Reflect.get(from, name)) });
      line.join(counted);
    }
    line.advance();
    await vi.advanceTimersByTimeAsync(0);
    expect(line.length).toBe(20_000);
    looks = 0;
    line.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThan(5_000); // those of one ticket, a few times each
    await line.close(new Error('over'));
  });

  it('goes on with any number of puts when the time of one is up', async () => {
    const { line, asked } = lineAtFullQueue();
    line.join({ ...newPut(), until: performance.now() + 1_000 });
    for (let n = 0; n < 130_000; n += 1) line.join(newPut()); // no function takes so many arguments
    line.advance();
    await vi.advanceTimersByTimeAsync(999);
    expect(line.length).toBe(130_001);
    const before = asked();
    await vi.advanceTimersByTimeAsync(100);
    expect(line.length).toBe(130_000);
    expect(asked()).toBeGreaterThan(before);
    await line.close(new Error('over'));
  });
});
