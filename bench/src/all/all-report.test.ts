import { describe, expect, it } from 'vitest';
import type { Machine } from '../machine.ts';
import { type AllReport, renderAllSection } from './all-report.ts';
import { costRow } from './cost-row.ts';
import { checkAgainst } from './render-comparison.ts';
import type { RatioRow } from './ratio-row.ts';
import { aMachine } from '../testing/a-machine.ts';

const machine: Machine = { ...aMachine, libraries: { bullmq: '6' } };

const report = (rows: readonly RatioRow[], over: Partial<Machine> = {}): AllReport => ({
  bench: 'all',
  takenAt: '2026-01-02T00:00:00.000Z',
  machine: { ...machine, ...over },
  quick: true,
  rows,
  notMeasured: { bunqueue: 'nobody asked' },
});

const run = (contender: string, elapsedMs: number, cpuUs: number) =>
  ({ contender, jobs: 100, elapsedMs, nodeCpuUs: cpuUs, redisCpuUs: cpuUs / 2 }) as const;
const put = costRow('put', 'sluice', [
  run('bullmq', 100, 1_000),
  run('bee-queue', 50, 100),
  run('sluice', 200, 500),
  run('bullmq', 300, 1_000),
  run('bee-queue', 150, 100),
  run('sluice', 300, 700),
]);
const late: RatioRow = { name: 'late', unit: 'ms', better: 'less', measured: { bullmq: [60, 50], ours: [3, 5] } };

/** The cells of the line that begins with this title. */
function cellsOf(text: string, title: string): string[] {
  const line = text.split('\n').find((each) => each.startsWith(`| ${title} `)) ?? '';
  return line.split('|').map((cell) => cell.trim());
}

describe('the table of all', () => {
  const text = renderAllSection(report([put, late]));

  it('has the median of the ratios that the rounds had, and those of CPU and of peers', () => {
    const cells = ['put', 'jobs/s', '667', '417', '0.75', '0.50 – 1.00', 'behind', '0.60', '0.60', '2.00', '–'];
    expect(cellsOf(text, 'put').slice(1, -1)).toEqual(cells);
  });

  it('knows that of times less is better, and leaves out what was not measured', () => {
    expect(cellsOf(text, 'late').slice(5, -1)).toEqual(['0.08', '0.05 – 0.10', '', '–', '–', '–', '–']);
  });

  it('says why a peer was not measured', () => {
    expect(text).toContain('bunqueue was not measured here: nobody asked.');
  });

  it('says what is behind', () => {
    expect(text).toContain('1 of 2 rows are behind BullMQ: put.');
    expect(renderAllSection(report([late]))).toContain('None of 1 rows is behind BullMQ.');
  });
});

describe('a check', () => {
  const row = (ratio: number): RatioRow => ({
    ...late,
    measured: { bullmq: [1, 1, 1, 1], ours: Array(4).fill(ratio) },
  });

  it('names what got worse and by how much', () => {
    const { isWorse, text } = checkAgainst(report([row(1)]), report([row(1.5)]));
    expect(isWorse).toBe(true);
    expect(text).toContain('worse: late: ms: 1.50 × BullMQ, saved 1.00');
  });

  it('says so when nothing did', () => {
    const { isWorse, text } = checkAgainst(report([row(1)]), report([row(1)]));
    expect(isWorse).toBe(false);
    expect(text).toMatch(/^None of 1 ratios .* saved on 2026-01-02\.$/);
  });

  it('says when the saved figures are of another machine or version', () => {
    const { text } = checkAgainst(report([row(1)]), report([row(1)], { cores: 8, libraries: { bullmq: '7' } }));
    expect(text).toContain('The saved ratios were not taken with 8 cores, bullmq 7.');
  });
});
