import { type RunCost } from '../job-cost.ts';
import { type Machine, renderMachine } from '../machine.ts';
import { type Spread, spreadOf } from '../statistics.ts';
import { figure, renderTable } from '../table.ts';
import { type HttpContenderName, httpContenderNames, httpContenders } from './contenders/known-contenders.ts';
import { type Load, loads, loadTitles, type LogSetting, logSettings } from './http-plan.ts';
import type { LoadResult } from './send-load.ts';

/** What one measured run cost. */
export interface HttpSample extends RunCost, LoadResult {
  readonly contender: HttpContenderName;
  readonly log: LogSetting;
  readonly load: Load;
}

/** One server under one load, over all rounds. */
export interface HttpRow {
  readonly contender: HttpContenderName;
  readonly log: LogSetting;
  readonly load: Load;
  readonly jobsPerSecond: Spread;
  /** How many times the rate of the bare route it was, round by round: of lines, that of single puts over 50 connections. */
  readonly ratio: Spread;
  /** How long an answer took, in milliseconds. Null of lines. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly serverCpuUsPerJob: number;
  readonly redisCpuUsPerJob: number;
}

/** What `pnpm bench http --json` prints. */
export interface HttpReport {
  readonly bench: 'http';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** Jobs of one run; over one connection a fifth of them. */
  readonly jobs: number;
  readonly rows: readonly HttpRow[];
}

/** One row for each server, load and log setting that there are samples of, in the order in which they are shown. */
export function summariseHttp(samples: readonly HttpSample[]): HttpRow[] {
  const runsOf = (contender: HttpContenderName, log: LogSetting, load: Load): HttpSample[] =>
    samples.filter((each) => each.contender === contender && each.log === log && each.load === load);
  return logSettings.flatMap((log) =>
    loads.flatMap((load) =>
      httpContenderNames.flatMap((contender) => {
        const runs = runsOf(contender, log, load);
        if (runs.length === 0) return [];
        const peers = runsOf('bullmq', log, load === 'lines' ? '50 connections' : load);
        return [{ contender, log, load, ...costOf(runs, peers) }];
      }),
    ),
  );
}

/** The n-th run and the n-th of the peer are of one round. */
function costOf(
  runs: readonly HttpSample[],
  peers: readonly HttpSample[],
): Omit<HttpRow, 'contender' | 'log' | 'load'> {
  const median = (valueOf: (run: HttpSample) => number): number => spreadOf(runs.map(valueOf)).median;
  const medianOrNull = (valueOf: (run: HttpSample) => number | undefined): number | null => {
    const values = runs.map(valueOf).filter((value) => value !== undefined);
    return values.length === 0 ? null : spreadOf(values).median;
  };
  return {
    jobsPerSecond: spreadOf(runs.map(rateOf)),
    ratio: spreadOf(peers.flatMap((peer, round) => (runs[round] ? [rateOf(runs[round]) / rateOf(peer)] : []))),
    p50Ms: medianOrNull(({ p50Ms }) => p50Ms),
    p99Ms: medianOrNull(({ p99Ms }) => p99Ms),
    serverCpuUsPerJob: median(({ nodeCpuUs, jobs }) => nodeCpuUs / jobs),
    redisCpuUsPerJob: median(({ redisCpuUs, jobs }) => redisCpuUs / jobs),
  };
}

const rateOf = ({ jobs, elapsedMs }: HttpSample): number => (jobs * 1_000) / elapsedMs;

/** All of a report for people: on what it was taken, and the tables. */
export function renderHttpSection(report: HttpReport): string {
  const { rounds, jobs } = report;
  const how =
    `Medians of ${rounds} rounds, ${jobs.toLocaleString('en-GB')} jobs a run, over one connection a fifth of that. ` +
    'The ratio is the median of those of the rounds, with their ends.';
  return [renderMachine(report.machine, report.takenAt), how, renderHttpTables(report)].join('\n\n');
}

/** A table for each log setting and load, in Markdown. */
function renderHttpTables({ rows }: Pick<HttpReport, 'rows'>): string {
  const sections = logSettings.flatMap((log) =>
    loads.map((load) => section(`${loadTitles[load]}, ${log}`, rowsOf(rows, log, load))),
  );
  return sections.filter((text) => text !== '').join('\n\n');
}

/** Lines stand next to what they are compared with. */
function rowsOf(rows: readonly HttpRow[], log: LogSetting, load: Load): HttpRow[] {
  const own = rows.filter((row) => row.log === log && row.load === load);
  if (load !== 'lines' || own.length === 0) return own;
  return [
    ...rows.filter((row) => row.log === log && row.load === '50 connections' && row.contender === 'bullmq'),
    ...own,
  ];
}

const columns = [
  { heading: '', align: 'left' },
  { heading: 'jobs/s', align: 'right' },
  { heading: '× bare route', align: 'right' },
  { heading: 'by round', align: 'right' },
  { heading: 'p50 ms', align: 'right' },
  { heading: 'p99 ms', align: 'right' },
  { heading: 'server µs/job', align: 'right' },
  { heading: 'Redis µs/job', align: 'right' },
] as const;

function section(title: string, rows: readonly HttpRow[]): string {
  if (rows.length === 0) return '';
  return `### ${title}\n\n${renderTable(columns, rows.map(cells))}`;
}

function cells({ contender, ratio, p50Ms, p99Ms, ...row }: HttpRow): string[] {
  return [
    httpContenders[contender].title,
    figure(row.jobsPerSecond.median),
    ratio.median.toFixed(2),
    `${ratio.lowest.toFixed(2)} – ${ratio.highest.toFixed(2)}`,
    p50Ms === null ? '–' : figure(p50Ms),
    p99Ms === null ? '–' : figure(p99Ms),
    figure(row.serverCpuUsPerJob),
    figure(row.redisCpuUsPerJob),
  ];
}
