import type { HistoryTotals, QueueHistory, TimeQuantiles } from '@sluice/queue';
import { shownAge, shownCount, shownTime } from '../queues/shown-values.ts';
import { tableLines } from '../queues/table.ts';

const BARS = '▁▂▃▄▅▆▇█';
/** The most characters of a line of bars. */
const BARS_MAX = 72;
/** The most points that get a line each. */
const POINTS_MAX = 60;

const COLUMNS = [
  { title: 'TIME' },
  ...['PUT', 'WAITED', 'REFUSED', 'STARTED', 'COMPLETED', 'RETRIED', 'DEAD', 'WAIT P50', 'P95', 'RUN P50', 'P95'].map(
    (title) => ({ title, align: 'right' }) as const,
  ),
];

/** One line of bars for what was put, completed and died, then a table of the points at which something happened, and the sums. */
export function historyLines(name: string, { points, total, jobs, since, until }: QueueHistory): string[] {
  const shown = points.filter((point) => point.put + point.refused + point.started + point.completed + point.dead > 0);
  const rows = shown.slice(-POINTS_MAX).map((point) => [shownTime(point.at), ...cells(point)]);
  const contracts = Object.entries(jobs).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return [
    `${name} from ${shownTime(since)} to ${shownTime(until)}`,
    ...(['put', 'completed', 'dead'] as const).map(
      (what) => `${what.padEnd(10)}${bars(points.map((point) => point[what]))}  ${shownCount(total[what])}`,
    ),
    '',
    ...tableLines(COLUMNS, [
      ...rows,
      ['all', ...cells(total)],
      ...(contracts.length > 1 ? contracts.map(([job, sums]) => [job, ...cells(sums)]) : []),
    ]),
  ];
}

/** A character for each point, or for several together when there are many. */
export function bars(counts: readonly number[]): string {
  const each = Math.max(1, Math.ceil(counts.length / BARS_MAX));
  const sums: number[] = [];
  for (let at = 0; at < counts.length; at += each) {
    sums.push(counts.slice(at, at + each).reduce((sum, count) => sum + count, 0));
  }
  const most = Math.max(...sums, 1);
  return sums.map((sum) => (sum === 0 ? ' ' : BARS.charAt(Math.ceil((sum / most) * BARS.length) - 1))).join('');
}

function cells({ put, waited, refused, started, completed, retried, dead, waitMs, runMs }: HistoryTotals): string[] {
  const counts = [put, waited, refused, started, completed, retried, dead].map(shownCount);
  return [...counts, ...times(waitMs), ...times(runMs)];
}

function times(quantiles: TimeQuantiles | null): string[] {
  return [shownAge(quantiles?.p50 ?? null), shownAge(quantiles?.p95 ?? null)];
}
