import type { TimeHistogram } from './time-histogram.ts';

/** What is counted, in the order in which it is stored; see note-history.lua. */
const historyCounts = ['put', 'waited', 'refused', 'started', 'completed', 'retried', 'dead'] as const;
export type HistoryCount = (typeof historyCounts)[number];

/** What happened to the jobs of one contract in some time. */
export interface HistoryRecord {
  readonly counts: Record<HistoryCount, number>;
  /** From when a job could have started to its first start. */
  readonly waits: TimeHistogram;
  /** How long the handlers of completed jobs ran. */
  readonly runs: TimeHistogram;
}

export function emptyRecord(): HistoryRecord {
  const counts = { put: 0, waited: 0, refused: 0, started: 0, completed: 0, retried: 0, dead: 0 };
  return { counts, waits: new Map(), runs: new Map() };
}

/** Adds one record to another. */
export function mergeRecord(into: HistoryRecord, { counts, waits, runs }: HistoryRecord): void {
  for (const name of historyCounts) into.counts[name] += counts[name];
  for (const [from, to] of [
    [waits, into.waits],
    [runs, into.runs],
  ] as const) {
    for (const [bucket, count] of from) to.set(bucket, (to.get(bucket) ?? 0) + count);
  }
}

/** `<seven counts>|<bucket:count …>|<bucket:count …>` */
export function writeRecord({ counts, waits, runs }: HistoryRecord): string {
  const pairs = (histogram: TimeHistogram): string =>
    [...histogram].map(([bucket, count]) => `${bucket}:${count}`).join(' ');
  return `${historyCounts.map((name) => counts[name]).join(' ')}|${pairs(waits)}|${pairs(runs)}`;
}

/** Reads what {@link writeRecord} wrote; what is no number counts as 0. */
export function readRecord(text: string): HistoryRecord {
  const [numbers = '', waits = '', runs = ''] = text.split('|');
  const values = numbers.split(' ').map((value) => Number(value) || 0);
  const record = emptyRecord();
  for (const [index, name] of historyCounts.entries()) record.counts[name] = values[index] ?? 0;
  for (const [pairs, histogram] of [
    [waits, record.waits],
    [runs, record.runs],
  ] as const) {
    for (const [, bucket, count] of pairs.matchAll(/(\d+):(\d+)/g)) histogram.set(Number(bucket), Number(count));
  }
  return record;
}
