import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runTakeBench } from './run-take-bench.ts';
import { redisContenderNames } from './contenders/known-contenders.ts';
import { baseCase } from './take-plan.ts';
import { renderTakeSection, type TakeReport } from './take-report.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const bench = (...args: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)(process.execPath, ['-C', '@sluice/source', main, ...args], { timeout: 120_000 });

describe('bench take', () => {
  it('measures what was asked for, and prints nothing but JSON', async () => {
    const cases = ['--slots', '1,20', '--work', 'random', '--result', 'yes'];
    const { stdout } = await bench('take', '--rounds', '1', '--jobs', '40', '--idle-samples', '3', ...cases, '--json');
    const report = JSON.parse(stdout) as TakeReport;
    expect(report.rows.map(({ contender, case: { slots } }) => [slots, contender])).toEqual(
      [1, 20].flatMap((slots) => redisContenderNames.map((name) => [slots, name])),
    );
    for (const row of report.rows) {
      expect(row.case).toMatchObject({ work: 'random', result: true, payload: 'small' });
      expect(row.jobsPerSecond.lowest).toBeGreaterThan(0);
      expect(row.nodeCpuUsPerJob.median).toBeGreaterThan(0);
      expect(row.redisCpuUsPerJob.median).toBeGreaterThan(0);
    }
    expect(report.idle.map(({ contender, samples }) => [contender, samples])).toEqual([
      ['bullmq', 3],
      ['sluice', 3],
    ]);
    expect(renderTakeSection(report)).toContain('### 20 slots, 1 to 9 ms each');
  });

  it('refuses a value that it does not know, with those that it knows', async () => {
    await expect(bench('take', '--work', 'none,hard')).rejects.toThrow('It must be of none, steady, random.');
    await expect(bench('take', '--slots', '0')).rejects.toThrow('It must be a whole number from 1 to 10000.');
  });

  it('ends when it is told to', async () => {
    const options = { rounds: 1, jobs: 10, cases: [baseCase], idleSamples: 1, timeLimitMs: 60_000 };
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(runTakeBench(options, { onProgress: () => {}, signal })).rejects.toThrow('enough');
  });
});
