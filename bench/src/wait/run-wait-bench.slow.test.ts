import { expect, it } from 'vitest';
import { runWaitBench } from './run-wait-bench.ts';
import { renderWaitSection } from './wait-report.ts';

it('bench wait frees capacity, sees who gets it, and what waiting costs', async () => {
  const never = new AbortController().signal;
  const options = { samples: 10, waiters: [3], watchMs: 300, floodJobs: 2_000 };
  const report = await runWaitBench(options, { onProgress: () => {}, signal: never });

  const [admission] = report.admission;
  expect(admission).toMatchObject({ waiters: 3, processes: 3 });
  expect(admission?.samples).toBeGreaterThanOrEqual(10);
  expect(admission?.p50Ms).toBeGreaterThan(0);
  expect(admission?.p99Ms).toBeGreaterThanOrEqual(admission?.p50Ms ?? Infinity);
  expect(report.standstill.commandsPerSecond).toBeGreaterThan(0);
  expect(report.overshoot.admissions).toBeGreaterThan(0);
  expect(report.overshoot.highestDepth).toBe(7);
  expect(report.flood.jobs).toBe(2_000);
  expect(report.flood.jobsPerSecond).toBeGreaterThan(0);
  expect(renderWaitSection(report)).toContain('While 2,000 jobs go in');
  expect(renderWaitSection(report)).toContain('64 producers in 8 processes at a queue with a capacity of 7');
});

it('bench wait ends when it is told to', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const options = { samples: 10, waiters: [1], watchMs: 300, floodJobs: 2_000 };
  await expect(runWaitBench(options, { onProgress: () => {}, signal })).rejects.toThrow('enough');
});
