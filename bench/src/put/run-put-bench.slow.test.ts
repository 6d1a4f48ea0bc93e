import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { redisContenderNames } from './contenders/known-contenders.ts';
import { payloadSizes, shapes } from './put-plan.ts';
import type { PutReport } from './put-report.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

it('bench put measures everything there is, ends when its time is up, and prints nothing but JSON', async () => {
  const args = ['put', '--rounds', '100', '--jobs', '10', '--seconds', '1', '--json'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-C', '@sluice/source', main, ...args]);
  const report = JSON.parse(stdout) as PutReport;
  expect(report.rounds).toBeGreaterThan(0);
  expect(report.rounds).toBeLessThan(100);
  expect(stderr).toContain(`time is up after ${report.rounds} of 100 rounds`);

  expect(report.rows).toHaveLength(redisContenderNames.length * shapes.length * payloadSizes.length);
  for (const row of report.rows) {
    expect(row.jobsPerSecond.lowest).toBeGreaterThan(0);
    expect(row.nodeCpuUsPerJob.median).toBeGreaterThan(0);
    expect(row.redisCpuUsPerJob.median).toBeGreaterThan(0);
  }
});
