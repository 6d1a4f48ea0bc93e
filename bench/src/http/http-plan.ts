import type { RoundsOptions } from '../run-rounds.ts';

/** How jobs are sent: one request each, over a number of connections, or all as the lines of one request. */
export const loads = ['1 connection', '50 connections', 'lines'] as const;
export type Load = (typeof loads)[number];

export const connectionsOf: Readonly<Record<Load, number>> = { '1 connection': 1, '50 connections': 50, lines: 1 };

/** Whether requests are logged: not at all, or as the contender does by default once it logs, into `/dev/null`. */
export const logSettings = ['no log', 'request log'] as const;
export type LogSetting = (typeof logSettings)[number];

export const loadTitles: Readonly<Record<Load, string>> = {
  '1 connection': 'Single puts over 1 connection',
  '50 connections': 'Single puts over 50 connections',
  lines: 'NDJSON over 1 connection, against single puts over 50',
};

export interface HttpBenchOptions extends RoundsOptions {
  /** Jobs of one run, 10 to 100,000; over one connection a fifth of them. */
  readonly jobs: number;
}

export const httpBenchDefaults: HttpBenchOptions = { rounds: 5, jobs: 5_000, timeLimitMs: 130_000 };

/** Waiting for each answer is slow, and steady after few of them. */
export function jobsOf(load: Load, jobs: number): number {
  return load === '1 connection' ? Math.max(1, Math.round(jobs / 5)) : jobs;
}
