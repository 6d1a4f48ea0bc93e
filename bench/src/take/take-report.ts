import { capitalised, type JobCost, jobCostOf, ratio, renderCostTable, type RunCost } from '../job-cost.ts';
import { type Machine, renderMachine } from '../machine.ts';
import type { IdleRow } from './measure-idle.ts';
import { type ContenderName, contenderNames, contenders } from './contenders/known-contenders.ts';
import { caseTitle, type TakeCase } from './take-plan.ts';
import { figure, renderBars, renderTable } from '../table.ts';
import { groupContenders } from '../process-group/contenders/known-contenders.ts';

/** What one measured run cost. */
export interface TakeSample extends RunCost {
  readonly contender: ContenderName;
  readonly case: TakeCase;
}

/** One contender in one case, over all rounds. */
export interface TakeRow extends JobCost {
  readonly contender: ContenderName;
  readonly case: TakeCase;
}

/** What `pnpm bench take --json` prints. */
export interface TakeReport {
  readonly bench: 'take';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** Jobs of one run; with a single slot a fifth of them. */
  readonly jobs: number;
  readonly rows: readonly TakeRow[];
  /** From put to handler start on an idle queue. */
  readonly idle: readonly IdleRow[];
}

/** One row for each case and contender that there are samples of, in the order of the cases. */
export function summarise(cases: readonly TakeCase[], samples: readonly TakeSample[]): TakeRow[] {
  const keys = cases.flatMap((one) => contenderNames.map((contender) => ({ contender, case: one })));
  return keys.flatMap((key) => {
    const own = samples.filter((sample) => sample.contender === key.contender && sample.case === key.case);
    return own.length === 0 ? [] : [{ ...key, ...jobCostOf(own) }];
  });
}

/** All of a report for people: on what it was taken, a chart, and a table for each case. */
export function renderTakeSection(report: TakeReport): string {
  const { rounds, jobs, rows } = report;
  const cases = casesOf(rows);
  const how =
    `Medians of ${rounds} rounds (lowest and highest next to them), ${jobs.toLocaleString('en-GB')} jobs a run, ` +
    'with a single slot a fifth of that, with few slots and slow jobs a twentieth.';
  const charts = cases
    .filter(
      ({ work, retention, payload, result }) =>
        work === 'none' && retention !== 'count' && payload === 'small' && !result,
    )
    .map((one) => chart(rows, one));
  return [
    renderMachine(report.machine, report.takenAt),
    how,
    ...(charts.length === 0 ? [] : [`\`\`\`text\n${charts.join('\n\n')}\n\`\`\``]),
    ...cases.map((one) => table(rows, one)),
    ...(report.idle.length === 0 ? [] : [idleText(report.idle)]),
  ].join('\n\n');
}

/** Each case once, in the order in which they were measured. */
function casesOf(rows: readonly TakeRow[]): TakeCase[] {
  return [...new Map(rows.map((row) => [caseTitle(row.case), row.case])).values()];
}

function rowsOf(rows: readonly TakeRow[], one: TakeCase): TakeRow[] {
  return rows.filter((row) => caseTitle(row.case) === caseTitle(one));
}

function chart(rows: readonly TakeRow[], one: TakeCase): string {
  const bars = rowsOf(rows, one).map(({ contender, jobsPerSecond }) => ({
    title: contenders[contender].title,
    value: jobsPerSecond.median,
  }));
  return renderBars(`${caseTitle(one)}: jobs/s`, bars);
}

function table(rows: readonly TakeRow[], one: TakeCase): string {
  const own = rowsOf(rows, one);
  const peer = own.find(({ contender }) => contender === 'bullmq');
  const costs = own.map((row) => ({ title: contenders[row.contender].title, cost: row }));
  return `### ${capitalised(caseTitle(one))}\n\n${renderCostTable(costs, peer)}`;
}

const idleColumns = [
  { heading: '', align: 'left' },
  { heading: 'puts', align: 'right' },
  { heading: 'p50 ms', align: 'right' },
  { heading: '× BullMQ', align: 'right' },
  { heading: 'p99 ms', align: 'right' },
  { heading: '× BullMQ', align: 'right' },
] as const;

function idleText(idle: readonly IdleRow[]): string {
  const peer = idle.find(({ contender }) => contender === 'bullmq');
  const cells = idle.map(({ contender, samples, p50Ms, p99Ms }) => [
    groupContenders[contender].title,
    String(samples),
    figure(p50Ms),
    ratio(p50Ms, peer?.p50Ms),
    figure(p99Ms),
    ratio(p99Ms, peer?.p99Ms),
  ]);
  return `### From put to handler start on an idle queue\n\n${renderTable(idleColumns, cells)}`;
}
