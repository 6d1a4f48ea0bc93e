import { expect, it } from 'vitest';
import { groupContenderNames } from '../process-group/contenders/known-contenders.ts';
import { renderLifeSection } from './life-report.ts';
import { runLifeBench } from './run-life-bench.ts';

const options = { rounds: 1, jobs: 200, perSecond: 100, timeLimitMs: 60_000 };

it('bench life measures whole lives of jobs, of all and against the floor', async () => {
  const never = new AbortController().signal;
  const report = await runLifeBench(options, { onProgress: () => {}, signal: never });
  expect(report.rows.map(({ contender }) => contender)).toEqual(groupContenderNames);
  for (const { contender: _, ...figures } of report.rows) {
    for (const spread of Object.values(figures)) expect(spread.lowest).toBeGreaterThan(0);
    expect(figures.p99Ms.median).toBeGreaterThanOrEqual(figures.p50Ms.median);
    // Checking everything has a cost.
    expect(figures.redisCpuUsPerJob.median).toBeGreaterThan(report.floorRedisCpuUsPerJob.median);
  }
  expect(renderLifeSection(report)).toContain('| plain commands (floor) ');
});

it('bench life ends when it is told to', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(runLifeBench(options, { onProgress: () => {}, signal })).rejects.toThrow('enough');
});
