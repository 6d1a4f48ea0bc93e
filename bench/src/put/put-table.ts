import { figure, renderTable } from '../table.ts';
import { contenderFacts } from './contender.ts';
import { type PayloadSize, payloadSizes, type Shape, shapes, shapeTitles } from './put-plan.ts';
import type { PutReport, PutRow } from './put-report.ts';

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

/** A table for each payload and shape, in Markdown. */
export function renderPutTables(report: Pick<PutReport, 'rows'>): string {
  const sections = payloadSizes.flatMap((payload) => shapes.map((shape) => section(report.rows, payload, shape)));
  return sections.filter((text) => text !== '').join('\n\n');
}

function section(all: readonly PutRow[], payload: PayloadSize, shape: Shape): string {
  const rows = all.filter((row) => row.payload === payload && row.shape === shape);
  if (rows.length === 0) return '';
  const peer = rows.find(({ contender }) => contender === 'bullmq');
  const table = renderTable(
    columns,
    rows.map((row) => cells(row, peer)),
  );
  return `### ${capitalised(shapeTitles[shape])}, payload ${payload}\n\n${table}`;
}

function cells(row: PutRow, peer: PutRow | undefined): string[] {
  const { median, lowest, highest } = row.jobsPerSecond;
  return [
    contenderFacts[row.contender].title,
    figure(median),
    `${figure(lowest)} – ${figure(highest)}`,
    ratio(median, peer?.jobsPerSecond.median),
    figure(row.nodeCpuUsPerJob.median),
    ratio(row.nodeCpuUsPerJob.median, peer?.nodeCpuUsPerJob.median),
    figure(row.redisCpuUsPerJob.median),
    ratio(row.redisCpuUsPerJob.median, peer?.redisCpuUsPerJob.median),
  ];
}

function ratio(value: number, peer: number | undefined): string {
  return peer === undefined || peer === 0 ? '–' : (value / peer).toFixed(2);
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
