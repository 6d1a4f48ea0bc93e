import { describe, expect, it } from 'vitest';
import { type PutSample, summarise } from './put-report.ts';

const sample = (over: Partial<PutSample>): PutSample => ({
  contender: 'sluice',
  shape: 'in-flight',
  payload: 'small',
  jobs: 100,
  elapsedMs: 50,
  nodeCpuUs: 2_000,
  redisCpuUs: 1_000,
  ...over,
});

describe('a summary', () => {
  it('turns what a run cost into jobs per second and microseconds per job', () => {
    const [row] = summarise([sample({})]);
    expect(row).toEqual({
      contender: 'sluice',
      shape: 'in-flight',
      payload: 'small',
      jobsPerSecond: { median: 2_000, lowest: 2_000, highest: 2_000 },
      nodeCpuUsPerJob: { median: 20, lowest: 20, highest: 20 },
      redisCpuUsPerJob: { median: 10, lowest: 10, highest: 10 },
    });
  });

  it('takes the median of all rounds, and keeps the ends', () => {
    const [row] = summarise([sample({ elapsedMs: 50 }), sample({ elapsedMs: 10_000 }), sample({ elapsedMs: 100 })]);
    expect(row?.jobsPerSecond).toEqual({ median: 1_000, lowest: 10, highest: 2_000 });
  });

  it('keeps contenders, shapes and payloads apart, and shows them in one order', () => {
    const rows = summarise([
      sample({ payload: '1 KB' }),
      sample({ contender: 'bullmq' }),
      sample({}),
      sample({ shape: 'batches' }),
    ]);
    expect(rows.map(({ contender, shape, payload }) => [payload, shape, contender])).toEqual([
      ['small', 'batches', 'sluice'],
      ['small', 'in-flight', 'bullmq'],
      ['small', 'in-flight', 'sluice'],
      ['1 KB', 'in-flight', 'sluice'],
    ]);
  });
});
