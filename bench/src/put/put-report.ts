import { type Machine, renderMachine } from '../machine.ts';
import { capitalised, type JobCost, jobCostOf, renderCostTable, type RunCost } from '../job-cost.ts';
import { type ContenderName, contenderNames, contenders } from './contenders/known-contenders.ts';
import { type PayloadSize, payloadSizes, type Shape, shapes, shapeTitles } from './put-plan.ts';
import { renderBars } from '../table.ts';

/** What one measured run cost. */
export interface PutSample extends RunCost {
  readonly contender: ContenderName;
  readonly shape: Shape;
  readonly payload: PayloadSize;
}

/** One contender in one shape with one payload, over all rounds. */
export interface PutRow extends JobCost {
  readonly contender: ContenderName;
  readonly shape: Shape;
  readonly payload: PayloadSize;
}

/** What `pnpm bench put --json` prints. */
export interface PutReport {
  readonly bench: 'put';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** Jobs of one run; one at a time a fifth of them. */
  readonly jobs: number;
  readonly rows: readonly PutRow[];
}

/** One row for each contender, shape and payload that there are samples of, in the order in which they are shown. */
export function summarise(samples: readonly PutSample[]): PutRow[] {
  const keys = payloadSizes.flatMap((payload) =>
    shapes.flatMap((shape) => contenderNames.map((contender) => ({ contender, shape, payload }))),
  );
  return keys.flatMap((key) => {
    const own = samples.filter(
      ({ contender, shape, payload }) => contender === key.contender && shape === key.shape && payload === key.payload,
    );
    return own.length === 0 ? [] : [{ ...key, ...jobCostOf(own) }];
  });
}

/** All of a report for people: on what it was taken, a chart, and the tables. */
export function renderPutSection(report: PutReport): string {
  const { rounds, jobs } = report;
  const how =
    `Medians of ${rounds} rounds (lowest and highest next to them), ${jobs.toLocaleString('en-GB')} jobs a run, ` +
    'one at a time a fifth of that.';
  const [size] = payloadSizes;
  return [
    renderMachine(report.machine, report.takenAt),
    how,
    `\`\`\`text\n${renderPutChart(report, size)}\n\`\`\``,
    renderPutTables(report),
  ].join('\n\n');
}

/** Jobs per second as bars of text, one group for each shape. The longest bar of a group fills the width. */
export function renderPutChart(report: Pick<PutReport, 'rows'>, payload: PayloadSize): string {
  const groups = shapes.map((shape) => group(report.rows, payload, shape));
  return groups.filter((text) => text !== '').join('\n\n');
}

function group(all: readonly PutRow[], payload: PayloadSize, shape: Shape): string {
  const rows = all.filter((row) => row.payload === payload && row.shape === shape);
  return renderBars(
    `${shapeTitles[shape]}, payload ${payload}: jobs/s`,
    rows.map((row) => ({ title: contenders[row.contender].title, value: row.jobsPerSecond.median })),
  );
}

/** A table for each payload and shape, in Markdown. */
export function renderPutTables(report: Pick<PutReport, 'rows'>): string {
  const sections = payloadSizes.flatMap((payload) => shapes.map((shape) => section(report.rows, payload, shape)));
  return sections.filter((text) => text !== '').join('\n\n');
}

function section(all: readonly PutRow[], payload: PayloadSize, shape: Shape): string {
  const rows = all.filter((row) => row.payload === payload && row.shape === shape);
  if (rows.length === 0) return '';
  const peer = rows.find(({ contender }) => contender === 'bullmq');
  const table = renderCostTable(
    rows.map((row) => ({ title: contenders[row.contender].title, cost: row })),
    peer,
  );
  return `### ${capitalised(shapeTitles[shape])}, payload ${payload}\n\n${table}`;
}
