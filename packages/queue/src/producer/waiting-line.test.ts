import { defineJob, defineQueue } from '@sluice/shared';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
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
});
