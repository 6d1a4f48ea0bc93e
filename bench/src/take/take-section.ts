import { renderBars } from '../bars.ts';
import { capitalised, ratio, renderCostTable } from '../cost-table.ts';
import { groupFacts } from '../process-group/group-contender.ts';
import { renderMachine } from '../render-machine.ts';
import { figure, renderTable } from '../table.ts';
import type { IdleRow } from './idle-figures.ts';
import { contenderFacts } from './take-contender.ts';
import { caseTitle, type TakeCase } from './take-plan.ts';
import type { TakeReport, TakeRow } from './take-report.ts';

/** All of a report for people: on what it was taken, a chart, and a table for each case. */
export function renderTakeSection(report: TakeReport): string {
  const { rounds, jobs, rows } = report;
  const cases = casesOf(rows);
  const how =
    `Medians of ${rounds} rounds (lowest and highest beside them), ${jobs.toLocaleString('en-GB')} jobs a run, ` +
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
    title: contenderFacts[contender].title,
    value: jobsPerSecond.median,
  }));
  return renderBars(`${caseTitle(one)}: jobs/s`, bars);
}

function table(rows: readonly TakeRow[], one: TakeCase): string {
  const own = rowsOf(rows, one);
  const peer = own.find(({ contender }) => contender === 'bullmq');
  const costs = own.map((row) => ({ title: contenderFacts[row.contender].title, cost: row }));
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
    groupFacts[contender].title,
    String(samples),
    figure(p50Ms),
    ratio(p50Ms, peer?.p50Ms),
    figure(p99Ms),
    ratio(p99Ms, peer?.p99Ms),
  ]);
  return `### From put to handler start on an idle queue\n\n${renderTable(idleColumns, cells)}`;
}
