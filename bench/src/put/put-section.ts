import { renderMachine } from '../render-machine.ts';
import { payloadSizes } from './put-plan.ts';
import { renderPutChart } from './put-chart.ts';
import type { PutReport } from './put-report.ts';
import { renderPutTables } from './put-table.ts';

/** All of a report for people: on what it was taken, a chart, and the tables. */
export function renderPutSection(report: PutReport): string {
  const { rounds, jobs } = report;
  const how =
    `Medians of ${rounds} rounds (lowest and highest beside them), ${jobs.toLocaleString('en-GB')} jobs a run, ` +
    'one at a time a fifth of that.';
  const [size] = payloadSizes;
  return [
    renderMachine(report.machine, report.takenAt),
    how,
    `\`\`\`text\n${renderPutChart(report, size)}\n\`\`\``,
    renderPutTables(report),
  ].join('\n\n');
}
