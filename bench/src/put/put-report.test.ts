import { describe, expect, it } from 'vitest';
import { type PutRow, type PutSample, renderPutChart, renderPutTables, summarise } from './put-report.ts';
import { spreadOf } from '../statistics.ts';

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
