import { capitalised, renderCostTable } from '../cost-table.ts';
import { contenderFacts } from './contender.ts';
import { type PayloadSize, payloadSizes, type Shape, shapes, shapeTitles } from './put-plan.ts';
import type { PutReport, PutRow } from './put-report.ts';

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
    rows.map((row) => ({ title: contenderFacts[row.contender].title, cost: row })),
    peer,
  );
  return `### ${capitalised(shapeTitles[shape])}, payload ${payload}\n\n${table}`;
}
