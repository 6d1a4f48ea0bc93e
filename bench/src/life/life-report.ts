import {
  type GroupContender,
  groupContenderNames,
  groupContenders,
} from '../process-group/contenders/known-contenders.ts';
import { type Machine, renderMachine } from '../machine.ts';
import { type Spread, spreadOf } from '../statistics.ts';
import { figure, renderBars, renderTable } from '../table.ts';
import { ratio } from '../job-cost.ts';

/** Jobs from put to completed at full speed, and at a pace that leaves everybody time. */
export interface LifeSample {
  readonly contender: GroupContender;
  readonly jobs: number;
  /** From the first call of put to the last job completed. */
  readonly elapsedMs: number;
  readonly producersCpuUs: number;
  readonly workersCpuUs: number;
  readonly redisCpuUs: number;
  /** Of one process, the mean of its kind. */
  readonly producerRssBytes: number;
  readonly workerRssBytes: number;
  /** The most that Redis had allocated above what it has when it is empty. */
  readonly redisPeakBytes: number;
  /** At the steady pace: milliseconds from the call of put to completed. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LifeRow {
  readonly contender: GroupContender;
  readonly jobsPerSecond: Spread;
  readonly producersCpuUsPerJob: Spread;
  readonly workersCpuUsPerJob: Spread;
  readonly redisCpuUsPerJob: Spread;
  readonly producerRssBytes: Spread;
  readonly workerRssBytes: Spread;
  readonly redisPeakBytes: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
}

/** What `pnpm bench life --json` prints. */
export interface LifeReport {
  readonly bench: 'life';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly jobs: number;
  /** The pace of the runs in which the time of a life is taken. */
  readonly perSecond: number;
  readonly rows: readonly LifeRow[];
  /** Redis CPU of whole lives by plain commands. */
  readonly floorRedisCpuUsPerJob: Spread;
}

export function summariseLives(samples: readonly LifeSample[]): LifeRow[] {
  return groupContenderNames.flatMap((contender) => {
    const own = samples.filter((sample) => sample.contender === contender);
    return own.length === 0 ? [] : [{ contender, ...rowOf(own) }];
  });
}

function rowOf(own: readonly LifeSample[]): Omit<LifeRow, 'contender'> {
  const spread = (figure: (sample: LifeSample) => number): Spread => spreadOf(own.map(figure));
  return {
    jobsPerSecond: spread(({ jobs, elapsedMs }) => (jobs * 1_000) / elapsedMs),
    producersCpuUsPerJob: spread(({ producersCpuUs, jobs }) => producersCpuUs / jobs),
    workersCpuUsPerJob: spread(({ workersCpuUs, jobs }) => workersCpuUs / jobs),
    redisCpuUsPerJob: spread(({ redisCpuUs, jobs }) => redisCpuUs / jobs),
    producerRssBytes: spread(({ producerRssBytes }) => producerRssBytes),
    workerRssBytes: spread(({ workerRssBytes }) => workerRssBytes),
    redisPeakBytes: spread(({ redisPeakBytes }) => redisPeakBytes),
    p50Ms: spread(({ p50Ms }) => p50Ms),
    p99Ms: spread(({ p99Ms }) => p99Ms),
  };
}

/** The mean of figures of several processes; never called with none. */
export function meanOf(figures: readonly number[]): number {
  return figures.reduce((sum, value) => sum + value, 0) / figures.length;
}

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
  const bars = rows.map((row) => ({ title: groupContenders[row.contender].title, value: row.jobsPerSecond.median }));
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
    groupContenders[row.contender].title,
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
    groupContenders[row.contender].title,
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
    ...rows.map((row) => ({ title: groupContenders[row.contender].title, us: row.redisCpuUsPerJob.median })),
  ];
  const cells = all.map(({ title, us }) => [title, figure(us), ratio(us, floor), figure(1e6 / us)]);
  return `### A whole life in Redis, against the floor\n\n${renderTable(floorColumns, cells)}`;
}
