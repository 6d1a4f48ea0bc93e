import { neverOver, noneLost, noneTwice } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { step } from './bound-queue.ts';
import type { BoundRunOptions } from './bound-run-options.ts';
import { runBound } from './bound-run.ts';

const sixtyFourProducers = {
  capacity: 7,
  processes: 8,
  producersEach: 8,
  workers: 3,
  concurrency: 2,
  leaseMs: 3_000,
  timeoutMs: 200_000,
} satisfies Partial<BoundRunOptions>;

describe('the bound (I1), checked from every transaction of Redis', { timeout: 300_000 }, () => {
  test('holds for 64 producers in 8 processes, with retries, and with producers and workers killed by -9', async () => {
    const run = await runBound({
      ...sixtyFourProducers,
      producerProgram: 'producer-program',
      jobsPerProducer: 5,
      producerKills: 2,
      workerKills: 2,
    });

    expect(neverOver(run.report, 7)).toEqual([]);
    expect(run.report.highestDepth).toBe(7);
    expect(neverOver(run.history, 7)).toEqual([]);

    expect(noneLost(run.history, run.finalState)).toEqual([]);
    expect([...run.finalState.settled].toSorted()).toEqual(run.ids.toSorted());
    expect(noneTwice(run.history, { maxAttempts: step.retry.attempts })).toEqual([]);

    const count = (wanted: string): number => run.history.facts.filter(({ type }) => type === wanted).length;
    expect(count('killed')).toBe(4);
    expect(run.history.facts.filter((fact) => fact.type === 'returned' && fact.outcome === 'failed')).not.toEqual([]);
  });

  test('is seen to break when a producer looks first and adds then', async () => {
    const run = await runBound({
      ...sixtyFourProducers,
      producerProgram: 'naive-producer-program',
      jobsPerProducer: 2,
      producerKills: 0,
      workerKills: 0,
    });

    expect(neverOver(run.report, 7)).not.toEqual([]);
    expect(run.report.highestDepth).toBeGreaterThan(7);
    expect(noneLost(run.history, run.finalState)).toEqual([]);
  });
});
