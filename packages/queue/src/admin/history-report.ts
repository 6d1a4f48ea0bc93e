import { type HistoryCount, emptyRecord, type HistoryRecord, mergeRecord } from '../job/history/history-record.ts';
import { quantile, type TimeHistogram } from '../job/history/time-histogram.ts';
import type { HistoryMinute } from '../store/history/queue-history.ts';

/** What part of all times is at most how long, in milliseconds; within 10 %. */
export interface TimeQuantiles {
  /** Half of them. */
  p50: number;
  /** All but a twentieth. */
  p95: number;
}

/** What happened in some time. JSON-safe. */
export interface HistoryTotals extends Record<HistoryCount, number> {
  /** How long jobs waited that started for the first time, from when they could have started; null when none did. */
  waitMs: TimeQuantiles | null;
  /** How long the handlers of completed jobs ran; null when none completed. */
  runMs: TimeQuantiles | null;
}

/** What happened from a time on, until the next point. */
export interface HistoryPoint extends HistoryTotals {
  /** Milliseconds since the epoch. */
  at: number;
}

/** What happened to the jobs of a queue. JSON-safe. */
export interface QueueHistory {
  /** From when, in milliseconds since the epoch: the beginning of a point. */
  since: number;
  /** Until when: the end of a point. */
  until: number;
  /** The length of a point. */
  everyMs: number;
  /** All of the time, one after the other; those without anything, too. */
  points: HistoryPoint[];
  /** All points together. */
  total: HistoryTotals;
  /** The same for each contract that something happened to. */
  jobs: Record<string, HistoryTotals>;
}

/** Adds up the minutes of a time, by points and by contracts. */
export function reportHistory(
  minutes: readonly HistoryMinute[],
  { since, until, everyMs }: Pick<QueueHistory, 'since' | 'until' | 'everyMs'>,
): QueueHistory {
  const points = Array.from({ length: Math.ceil((until - since) / everyMs) }, emptyRecord);
  const total = emptyRecord();
  const jobs = new Map<string, HistoryRecord>();
  for (const { atMs, job, record } of minutes) {
    const point = points[Math.floor((atMs - since) / everyMs)];
    if (!point) continue;
    const ofJob = jobs.get(job) ?? emptyRecord();
    jobs.set(job, ofJob);
    for (const sum of [point, total, ofJob]) mergeRecord(sum, record);
  }
  return {
    since,
    until,
    everyMs,
    points: points.map((record, index) => ({ at: since + index * everyMs, ...totalsOf(record) })),
    total: totalsOf(total),
    jobs: Object.fromEntries([...jobs].map(([job, record]) => [job, totalsOf(record)])),
  };
}

function totalsOf({ counts, waits, runs }: HistoryRecord): HistoryTotals {
  return { ...counts, waitMs: quantilesOf(waits), runMs: quantilesOf(runs) };
}

function quantilesOf(histogram: TimeHistogram): TimeQuantiles | null {
  const [p50, p95] = [quantile(histogram, 0.5), quantile(histogram, 0.95)];
  return p50 === null || p95 === null ? null : { p50, p95 };
}
