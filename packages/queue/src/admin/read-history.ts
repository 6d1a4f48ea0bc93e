import type { KeysMap } from 'bullmq';
import { nameOption } from '../job/contracts/name.ts';
import { OptionError } from '../job/errors/index.ts';
import { checkOptions } from '../job/options/check-options.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRule, OptionRules } from '../job/options/option-rules.ts';
import type { RedisOperation } from '../store/connection/redis-connection.ts';
import { HISTORY_KEEP_MS, readHistory } from '../store/history/queue-history.ts';
import { type QueueHistory, reportHistory } from './history-report.ts';

/** What `admin.history` takes. */
export interface HistoryOptions {
  /**
   * From when: a time, or milliseconds since the epoch. At most 72 h back.
   *
   * @default an hour ago
   */
  since?: number | Date;
  /**
   * Until when.
   *
   * @default now
   */
  until?: number | Date;
  /**
   * The contract's name.
   *
   * @default all contracts
   */
  job?: string;
  /**
   * The length of a point: whole minutes, from 60,000 ms to a day.
   *
   * @default a minute up to two hours, ten minutes up to a day, else an hour
   */
  everyMs?: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const time: OptionRule = {
  must: 'be a time, or milliseconds since the epoch',
  holds: (value) => (typeof value === 'number' || value instanceof Date) && Number.isFinite(Number(value)),
};
const historyRules = {
  since: time,
  until: time,
  job: nameOption,
  everyMs: {
    must: 'be whole minutes in milliseconds, from 60,000 to 86,400,000',
    holds: (value) => optionRule.wholeNumber(MINUTE_MS, 24 * HOUR_MS).holds(value) && Number(value) % MINUTE_MS === 0,
  },
} satisfies OptionRules<HistoryOptions>;

/** @throws OptionError when an option is out of its range, or `since` is not before `until` */
export async function readQueueHistory(
  call: <T>(operation: RedisOperation<T>) => Promise<T>,
  keys: KeysMap,
  options: HistoryOptions,
): Promise<QueueHistory> {
  checkOptions('history', historyRules, options, OptionError);
  const nowMs = Date.now();
  const untilMs = Math.min(Number(options.until ?? nowMs), nowMs + HOUR_MS);
  const sinceMs = Math.max(Number(options.since ?? untilMs - HOUR_MS), nowMs - HISTORY_KEEP_MS);
  if (sinceMs >= untilMs) throw new OptionError('history: since must be before until, and within the last 72 hours');
  const everyMs = options.everyMs ?? defaultEvery(untilMs - sinceMs);
  const since = Math.floor(sinceMs / everyMs) * everyMs;
  const until = Math.ceil(untilMs / everyMs) * everyMs;
  const minutes = await call((client) => readHistory(client, keys, { fromMs: since, toMs: until }));
  const { job } = options;
  const asked = job === undefined ? minutes : minutes.filter((minute) => minute.job === job);
  return reportHistory(asked, { since, until, everyMs });
}

function defaultEvery(lengthMs: number): number {
  if (lengthMs <= 2 * HOUR_MS) return MINUTE_MS;
  return lengthMs <= 24 * HOUR_MS ? 10 * MINUTE_MS : HOUR_MS;
}
