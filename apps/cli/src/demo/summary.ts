import type { RunSummary } from '../run/run-options.ts';
import { pageCounts } from './pages.ts';

/** The result of the demo's check. */
export interface DemoCheck {
  /** Sentences about results that are not as expected, and promises that were not kept. */
  problems: readonly string[];
  passed: boolean;
}

/** Checks a run: every result is as expected, the queue was full and never over its capacity, and producers waited. */
export function checkSummary(summary: RunSummary, differences: readonly string[]): DemoCheck {
  const { capacity, highestDepth, waits } = summary;
  const problems = [...differences];
  if (summary.interrupted) problems.push('the run was interrupted');
  if (highestDepth !== capacity) problems.push(`the depth reached ${highestDepth} instead of exactly ${capacity}`);
  if (waits.count === 0) problems.push('no producer ever had to wait for capacity');
  return { problems, passed: problems.length === 0 };
}

const SHOWN_PROBLEMS = 10;

/** The last lines of the demo, for people who see Sluice for the first time. */
export function renderSummary(summary: RunSummary, check: DemoCheck): string {
  const { waits } = summary;
  const { missing, hang, refused, flaky } = pageCounts;
  const rows: [string, string][] = [
    ['fetched', `${summary.fetched} of ${summary.lines} pages`],
    [
      'failed',
      `${summary.failed}; the site has ${missing} missing pages, ${hang} that hang, ${refused} on a host that refuses`,
    ],
    ['timed out', `${summary.timedOut} of the failed ones`],
    ['retried', `${summary.retried}: ${flaky} pages that fail twice and then work, and those that hang or refuse`],
    ['depth', `${summary.highestDepth} at the highest, of a capacity of ${summary.capacity}`],
    [
      'waited',
      `producers waited ${waits.count} times for capacity, ${seconds(averageMs(waits))} on average, ${seconds(waits.longestMs)} at most`,
    ],
    ['took', `${seconds(summary.elapsedMs)} with ${summary.workers} worker processes`],
    ['results', summary.out ?? 'standard output'],
  ];
  return [...rows.map(([name, value]) => `  ${name.padEnd(11)}${value}`), '', ...renderCheck(check), ''].join('\n');
}

function renderCheck({ passed, problems }: DemoCheck): string[] {
  if (passed) return ['Every result is as expected.'];
  const rest = problems.length - SHOWN_PROBLEMS;
  const shown = problems.slice(0, SHOWN_PROBLEMS).map((problem) => `  - ${problem}`);
  return ['Not as expected:', ...shown, ...(rest > 0 ? [`  - and ${rest} more`] : [])];
}

function averageMs({ count, totalMs }: RunSummary['waits']): number {
  return count === 0 ? 0 : totalMs / count;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
