import { describe, expect, it } from 'vitest';
import { spreadOf } from '../statistics.ts';
import type { ContenderName } from './contenders/known-contenders.ts';
import { baseCase, type TakeCase } from './take-plan.ts';
import { renderTakeSection, summarise, type TakeRow, type TakeSample } from './take-report.ts';
import { aMachine } from '../testing/a-machine.ts';

const row = (contender: ContenderName, one: TakeCase, jobsPerSecond: number): TakeRow => ({
  contender,
  case: one,
  jobsPerSecond: spreadOf([jobsPerSecond]),
  nodeCpuUsPerJob: spreadOf([1e6 / jobsPerSecond]),
  redisCpuUsPerJob: spreadOf([5]),
});
const one = { ...baseCase, slots: 1 };
const text = renderTakeSection({
  bench: 'take',
  takenAt: '2026-01-02T00:00:00.000Z',
  machine: aMachine,
  rounds: 3,
  jobs: 1_000,
  rows: [row('bullmq', one, 1_000), row('sluice', one, 2_500), row('sluice', { ...baseCase, result: true }, 9)],
  idle: [
    { contender: 'bullmq', samples: 10, p50Ms: 2, p99Ms: 4 },
    { contender: 'sluice', samples: 10, p50Ms: 1, p99Ms: 5 },
  ],
});
const cellsOf = (line: string | undefined): string[] => (line ?? '').split('|').map((cell) => cell.trim());

describe('the section of take', () => {
  it('has a table for each case, with the ratios to BullMQ', () => {
    expect(text.match(/^### .*/gm)).toEqual([
      '### 1 slot, no-op',
      '### 100 slots, no-op, with results',
      '### From put to handler start on an idle queue',
    ]);
    const [, table] = text.split('### 1 slot, no-op');
    const cells = cellsOf(table?.split('\n').find((line) => line.startsWith('| Sluice')));
    expect(cells.slice(2, 9)).toEqual(['2,500', '2,500 – 2,500', '2.50', '400', '0.40', '5.00', '1.00']);
  });

  it('has bars for the plain cases only', () => {
    expect(text.match(/: jobs\/s$/gm)).toHaveLength(1);
  });

  it('has the times on an idle queue, with their ratios', () => {
    const [, table] = text.split('### From put');
    expect(cellsOf(table?.split('\n').find((line) => line.startsWith('| Sluice'))).slice(2, 7)).toEqual([
      '10',
      '1.00',
      '0.50',
      '5.00',
      '1.25',
    ]);
  });
});

it('a summary of take keeps cases and contenders apart, and knows what a job cost', () => {
  const cases = [one, baseCase];
  const sample = (contender: ContenderName, of: TakeCase, elapsedMs: number): TakeSample => ({
    contender,
    case: of,
    jobs: 100,
    elapsedMs,
    nodeCpuUs: 2_000,
    redisCpuUs: 500,
  });
  const rows = summarise(cases, [
    sample('sluice', baseCase, 50),
    sample('sluice', one, 10),
    sample('sluice', one, 100),
    sample('sluice', one, 1_000),
    sample('bullmq', one, 100),
  ]);
  expect(rows.map((each) => [each.contender, each.case, each.jobsPerSecond.median])).toEqual([
    ['bullmq', one, 1_000],
    ['sluice', one, 1_000],
    ['sluice', baseCase, 2_000],
  ]);
  expect(rows[0]).toMatchObject({ nodeCpuUsPerJob: { median: 20 }, redisCpuUsPerJob: { median: 5 } });
});
