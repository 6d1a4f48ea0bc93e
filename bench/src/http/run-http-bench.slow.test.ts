import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { HttpReport } from './http-report.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

it('bench http measures both servers under all loads, and prints nothing but JSON', async () => {
  const args = ['http', '--rounds', '1', '--jobs', '50', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, ['-C', '@sluice/source', main, ...args]);
  const report = JSON.parse(stdout) as HttpReport;
  expect(report.rows.map(({ contender, log, load }) => `${contender}, ${load}, ${log}`)).toEqual([
    'bullmq, 1 connection, no log',
    'sluice, 1 connection, no log',
    'bullmq, 50 connections, no log',
    'sluice, 50 connections, no log',
    'sluice, lines, no log',
    'bullmq, 1 connection, request log',
    'sluice, 1 connection, request log',
    'bullmq, 50 connections, request log',
    'sluice, 50 connections, request log',
    'sluice, lines, request log',
  ]);
  for (const row of report.rows) {
    expect(row.jobsPerSecond.lowest).toBeGreaterThan(0);
    expect(row.serverCpuUsPerJob).toBeGreaterThan(0);
    expect(row.redisCpuUsPerJob).toBeGreaterThan(0);
    if (row.load === 'lines') expect(row.p50Ms).toBeNull();
    else expect(row.p99Ms).toBeGreaterThanOrEqual(row.p50Ms ?? Infinity);
  }
});
