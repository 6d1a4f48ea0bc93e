import { renderBars } from '../bars.ts';
import { ratio } from '../cost-table.ts';
import { groupFacts } from '../process-group/group-contender.ts';
import { renderMachine } from '../render-machine.ts';
import type { Spread } from '../statistics.ts';
import { figure, renderTable } from '../table.ts';
import type { LifeReport, LifeRow } from './life-report.ts';

/** All of a report for people. */
export function renderLifeSection(report: LifeReport): string {
  const { rounds, jobs, perSecond, rows } = report;
  return [
    renderMachine(report.machine, report.takenAt),
    `Medians of ${rounds} rounds, ${jobs.toLocaleString('en-GB')} jobs a run at full speed.`,
    `\`\`\`text\n${chart(rows)}\n\`\`\``,
    `### At full speed\n\n${costTable(rows)}`,
    memoryTable(rows),
    `### At ${figure(perSecond)} jobs a second, from put to completed\n\n${timesTable(rows)}`,
    floorTable(report),
  ].join('\n\n');
}

function chart(rows: readonly LifeRow[]): string {
  const bars = rows.map((row) => ({ title: groupFacts[row.contender].title, value: row.jobsPerSecond.median }));
  return renderBars('whole lives a second, 2 producers and 2 workers', bars);
}

type Measure = readonly [heading: string, of: (row: LifeRow) => Spread];

const costs: readonly Measure[] = [
  ['producers, Node µs/job', (row) => row.producersCpuUsPerJob],
  ['workers, Node µs/job', (row) => row.workersCpuUsPerJob],
  ['Redis µs/job', (row) => row.redisCpuUsPerJob],
];

/** The median and its ratio to BullMQ's, for each measure. */
function againstBullmq(rows: readonly LifeRow[], measures: readonly Measure[]): string {
  const columns = measures.flatMap(([heading]) => [
    { heading, align: 'right' as const },
    { heading: '× BullMQ', align: 'right' as const },
  ]);
  const peer = rows.find(({ contender }) => contender === 'bullmq');
  const cells = rows.map((row) => [
    groupFacts[row.contender].title,
    ...measures.flatMap(([, of]) => [figure(of(row).median), ratio(of(row).median, peer && of(peer).median)]),
  ]);
  return renderTable([{ heading: '', align: 'left' }, ...columns], cells);
}

const costTable = (rows: readonly LifeRow[]): string =>
  againstBullmq(rows, [['jobs/s', (row) => row.jobsPerSecond], ...costs]);

const timesTable = (rows: readonly LifeRow[]): string =>
  againstBullmq(rows, [
    ['p50 ms', (row) => row.p50Ms],
    ['p99 ms', (row) => row.p99Ms],
  ]);

function memoryTable(rows: readonly LifeRow[]): string {
  const columns = ['a producer, MiB', 'a worker, MiB', 'Redis at its most, MiB'].map((heading) => ({
    heading,
    align: 'right' as const,
  }));
  const mebibytes = ({ median }: Spread): string => figure(median / 2 ** 20);
  const cells = rows.map((row) => [
    groupFacts[row.contender].title,
    mebibytes(row.producerRssBytes),
    mebibytes(row.workerRssBytes),
    mebibytes(row.redisPeakBytes),
  ]);
  return renderTable([{ heading: '', align: 'left' }, ...columns], cells);
}

const floorColumns = [
  { heading: '', align: 'left' },
  { heading: 'Redis µs/job', align: 'right' },
  { heading: '× floor', align: 'right' },
  { heading: 'jobs/s on one core of Redis', align: 'right' },
] as const;

/** What one core of Redis can carry is what a second holds of its time per job: nobody here has a core to itself. */
function floorTable({ rows, floorRedisCpuUsPerJob }: LifeReport): string {
  const floor = floorRedisCpuUsPerJob.median;
  const all = [
    { title: 'plain commands (floor)', us: floor },
    ...rows.map((row) => ({ title: groupFacts[row.contender].title, us: row.redisCpuUsPerJob.median })),
  ];
  const cells = all.map(({ title, us }) => [title, figure(us), ratio(us, floor), figure(1e6 / us)]);
  return `### A whole life in Redis, against the floor\n\n${renderTable(floorColumns, cells)}`;
}
