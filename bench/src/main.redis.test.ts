import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { contenderNames } from './put/contenders/known-contenders.ts';
import { payloadSizes, shapes } from './put/put-plan.ts';
import type { PutReport } from './put/put-report.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

/** The command line as it is typed. */
function bench(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, ['-C', '@sluice/source', main, ...args], { timeout: 120_000 });
}

// A bench starts several processes and ends by its own time; how long that takes is the machine's matter.
describe('bench put', { timeout: 180_000 }, () => {
  it('measures everything there is, ends when its time is up, and prints nothing but JSON', async () => {
    const { stdout, stderr } = await bench('put', '--rounds', '100', '--jobs', '10', '--seconds', '1', '--json');
    const report = JSON.parse(stdout) as PutReport;
    expect(report.rounds).toBeGreaterThan(0);
    expect(report.rounds).toBeLessThan(100);
    expect(stderr).toContain(`time is up after ${report.rounds} of 100 rounds`);

    expect(report.rows).toHaveLength(contenderNames.length * shapes.length * payloadSizes.length);
    for (const row of report.rows) {
      expect(row.jobsPerSecond.lowest).toBeGreaterThan(0);
      expect(row.nodeCpuUsPerJob.median).toBeGreaterThan(0);
      expect(row.redisCpuUsPerJob.median).toBeGreaterThan(0);
    }
  });

  it('refuses a count out of range, with the range', async () => {
    await expect(bench('put', '--rounds', '0')).rejects.toThrow('It must be a whole number from 1 to 100.');
  });
});

it('bench --help names its benches', async () => {
  const { stdout } = await bench('--help');
  expect(stdout).toMatch(/^ {2}put /m);
  for (const name of ['wait', 'take', 'life', 'recover']) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
});
