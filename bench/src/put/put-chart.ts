import { figure } from '../table.ts';
import { contenderFacts } from './contender.ts';
import { type PayloadSize, type Shape, shapes, shapeTitles } from './put-plan.ts';
import type { PutReport, PutRow } from './put-report.ts';

const barChars = 40;

/** Jobs per second as bars of text, one group for each shape. The longest bar of a group fills the width. */
export function renderPutChart(report: Pick<PutReport, 'rows'>, payload: PayloadSize): string {
  const groups = shapes.map((shape) => group(report.rows, payload, shape));
  return groups.filter((text) => text !== '').join('\n\n');
}

function group(all: readonly PutRow[], payload: PayloadSize, shape: Shape): string {
  const rows = all.filter((row) => row.payload === payload && row.shape === shape);
  if (rows.length === 0) return '';
  const most = Math.max(...rows.map((row) => row.jobsPerSecond.median));
  const width = Math.max(...rows.map((row) => contenderFacts[row.contender].title.length));
  const lines = rows.map(({ contender, jobsPerSecond: { median } }) => {
    const bar = '█'.repeat(Math.max(1, Math.round((median / most) * barChars)));
    return `${contenderFacts[contender].title.padEnd(width)}  ${bar} ${figure(median)}`;
  });
  return [`${shapeTitles[shape]}, payload ${payload}: jobs/s`, ...lines].join('\n');
}
