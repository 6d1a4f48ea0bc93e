import type { ProcessCost } from './bench-process.ts';
import { figure, renderTable } from './table.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** What one measured run cost. */
export interface RunCost extends ProcessCost {
  readonly jobs: number;
  readonly redisCpuUs: number;
}

/** What a job cost, over all rounds. */
export interface JobCost {
  readonly jobsPerSecond: Spread;
  readonly nodeCpuUsPerJob: Spread;
  readonly redisCpuUsPerJob: Spread;
}

/** @throws RangeError when there is no run. */
export function jobCostOf(runs: readonly RunCost[]): JobCost {
  return {
    jobsPerSecond: spreadOf(runs.map(({ jobs, elapsedMs }) => (jobs * 1_000) / elapsedMs)),
    nodeCpuUsPerJob: spreadOf(runs.map(({ jobs, nodeCpuUs }) => nodeCpuUs / jobs)),
    redisCpuUsPerJob: spreadOf(runs.map(({ jobs, redisCpuUs }) => redisCpuUs / jobs)),
  };
}

export interface CostRow {
  readonly title: string;
  readonly cost: JobCost;
}

const columns = [
  { heading: '', align: 'left' },
  { heading: 'jobs/s', align: 'right' },
  { heading: 'lowest – highest', align: 'right' },
  { heading: '× BullMQ', align: 'right' },
  { heading: 'Node µs/job', align: 'right' },
  { heading: '× BullMQ', align: 'right' },
  { heading: 'Redis µs/job', align: 'right' },
  { heading: '× BullMQ', align: 'right' },
] as const;

/** A table of what each contender's jobs cost, with the ratio to the peer's when there is one. */
export function renderCostTable(rows: readonly CostRow[], peer: JobCost | undefined): string {
  return renderTable(
    columns,
    rows.map((row) => cells(row, peer)),
  );
}

function cells({ title, cost }: CostRow, peer: JobCost | undefined): string[] {
  const { median, lowest, highest } = cost.jobsPerSecond;
  return [
    title,
    figure(median),
    `${figure(lowest)} – ${figure(highest)}`,
    ratio(median, peer?.jobsPerSecond.median),
    figure(cost.nodeCpuUsPerJob.median),
    ratio(cost.nodeCpuUsPerJob.median, peer?.nodeCpuUsPerJob.median),
    figure(cost.redisCpuUsPerJob.median),
    ratio(cost.redisCpuUsPerJob.median, peer?.redisCpuUsPerJob.median),
  ];
}

/** How many times the peer's value this is; a dash when there is none to compare with. */
export function ratio(value: number, peer: number | undefined): string {
  return peer === undefined || peer === 0 ? '–' : (value / peer).toFixed(2);
}

/** A title as a heading begins. */
export function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
