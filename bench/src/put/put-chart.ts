import { renderBars } from '../bars.ts';
import { contenderFacts } from './contender.ts';
import { type PayloadSize, type Shape, shapes, shapeTitles } from './put-plan.ts';
import type { PutReport, PutRow } from './put-report.ts';

/** Jobs per second as bars of text, one group for each shape. The longest bar of a group fills the width. */
export function renderPutChart(report: Pick<PutReport, 'rows'>, payload: PayloadSize): string {
  const groups = shapes.map((shape) => group(report.rows, payload, shape));
  return groups.filter((text) => text !== '').join('\n\n');
}

function group(all: readonly PutRow[], payload: PayloadSize, shape: Shape): string {
  const rows = all.filter((row) => row.payload === payload && row.shape === shape);
  return renderBars(
    `${shapeTitles[shape]}, payload ${payload}: jobs/s`,
    rows.map((row) => ({ title: contenderFacts[row.contender].title, value: row.jobsPerSecond.median })),
  );
}
