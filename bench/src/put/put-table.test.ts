import { describe, expect, it } from 'vitest';
import { spreadOf } from '../statistics.ts';
import { renderPutChart } from './put-chart.ts';
import type { PutRow } from './put-report.ts';
import { renderPutTables } from './put-table.ts';

const row = (contender: PutRow['contender'], jobsPerSecond: number, cpuUs: number): PutRow => ({
  contender,
  shape: 'in-flight',
  payload: 'small',
  jobsPerSecond: spreadOf([jobsPerSecond - 1_000, jobsPerSecond, jobsPerSecond + 1_000]),
  nodeCpuUsPerJob: spreadOf([cpuUs]),
  redisCpuUsPerJob: spreadOf([cpuUs / 2]),
});

const rows = [row('bullmq', 10_000, 80), row('sluice', 25_000, 20)];

/** The cells of the line that begins with this title. */
function cellsOf(table: string, title: string): string[] {
  const line = table.split('\n').find((text) => text.startsWith(`| ${title} `)) ?? '';
  return line.split('|').map((cell) => cell.trim());
}

describe('the tables of put', () => {
  const tables = renderPutTables({ rows });

  it('show the median, both ends, and the ratio to BullMQ', () => {
    expect(cellsOf(tables, 'Sluice').slice(2, 5)).toEqual(['25,000', '24,000 – 26,000', '2.50']);
    expect(cellsOf(tables, 'BullMQ').slice(2, 5)).toEqual(['10,000', '9,000 – 11,000', '1.00']);
  });

  it('show CPU per job of Node and of Redis, each with its ratio', () => {
    expect(cellsOf(tables, 'Sluice').slice(5, 9)).toEqual(['20.0', '0.25', '10.0', '0.25']);
  });

  it('leave out what was not measured', () => {
    expect(tables.match(/^### /gm)).toHaveLength(1);
    expect(tables).toContain('### 100 in flight, payload small');
  });

  it('show no ratio when BullMQ was not there', () => {
    expect(cellsOf(renderPutTables({ rows: rows.slice(1) }), 'Sluice')[4]).toBe('–');
  });
});

describe('the chart of put', () => {
  const bars = renderPutChart({ rows }, 'small')
    .split('\n')
    .map((line) => [...line].filter((character) => character === '█').length);

  it('has bars as long as the figures are high', () => expect(bars).toEqual([0, 16, 40]));

  it('is empty for a payload that was not measured', () => expect(renderPutChart({ rows }, '1 KB')).toBe(''));
});
