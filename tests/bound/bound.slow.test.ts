import { neverOver, noneLost, noneTwice, pauseRedis, restartRedis } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { step } from './bound-queue.ts';
import type { BoundRunOptions } from './bound-run-options.ts';
import { runBound } from './bound-run.ts';

const longRun = {
  producerProgram: 'producer-program',
  capacity: 5,
  processes: 8,
  producersEach: 8,
  jobsPerProducer: 24,
  workers: 3,
  concurrency: 2,
  leaseMs: 3_000,
  timeoutMs: 200_000,
} satisfies Partial<BoundRunOptions>;

describe('the bound (I1), over a longer run', () => {
  test('holds when producers and workers are killed over and over', async () => {
    const run = await runBound({ ...longRun, producerKills: 8, workerKills: 6 });

    expect(neverOver(run.report, 5)).toEqual([]);
    expect(run.report.highestDepth).toBe(5);
    expect(noneLost(run.history, run.finalState)).toEqual([]);
    expect([...run.finalState.settled].toSorted()).toEqual(run.ids.toSorted());
    expect(noneTwice(run.history, { maxAttempts: step.retry.attempts })).toEqual([]);
  });

  test('holds, and nothing is lost or run twice, when Redis is paused and killed in the middle', async () => {
    const run = await runBound({
      ...longRun,
      producerKills: 1,
      workerKills: 1,
      disturb: async (server) => {
        await pauseRedis(server, 1.5 * longRun.leaseMs);
        await restartRedis(server, 'kill');
      },
    });

    expect(neverOver(run.report, 5)).toEqual([]);
    expect(run.report.highestDepth).toBe(5);
    expect(noneLost(run.history, run.finalState)).toEqual([]);
    expect([...run.finalState.settled].toSorted()).toEqual(run.ids.toSorted());
    expect(noneTwice(run.history, { maxAttempts: step.retry.attempts })).toEqual([]);
  });
});
