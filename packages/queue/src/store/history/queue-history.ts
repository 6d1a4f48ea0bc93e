import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import { type HistoryRecord, readRecord, writeRecord } from '../../job/history/history-record.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';

/** How long a minute's counts are kept. */
export const HISTORY_KEEP_MS = 72 * 3_600_000;
/** Contracts that an hour tells apart; those beyond are counted as one. */
const CONTRACTS_MAX = 32;
/** The name under which they are counted. */
const OTHER_JOBS = '(others)';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const script = new RedisScript(() => ourScript('note-history'));

/** Adds what a process has counted to the counts of this minute, by Redis's clock. */
export async function writeHistory(
  client: Redis,
  keys: KeysMap,
  records: ReadonlyMap<string, HistoryRecord>,
): Promise<void> {
  const written = [...records].flatMap(([job, record]) => [job, writeRecord(record)]);
  const args = [`${keys['']}${sluiceKeys.history}`, HISTORY_KEEP_MS + HOUR_MS, CONTRACTS_MAX, OTHER_JOBS, ...written];
  await script.run(client, [keys['meta'] ?? ''], args);
}

/** What happened to the jobs of one contract in one minute. */
export interface HistoryMinute {
  readonly atMs: number;
  readonly job: string;
  readonly record: HistoryRecord;
}

/** All minutes that begin in a time, in no order. An hour is one read. */
export async function readHistory(
  client: Redis,
  keys: KeysMap,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<HistoryMinute[]> {
  const minutes: HistoryMinute[] = [];
  for (let hour = Math.floor(fromMs / HOUR_MS); hour * HOUR_MS < toMs; hour += 1) {
    const stored = await client.hgetall(`${keys['']}${sluiceKeys.history}${hour}`);
    for (const [field, text] of Object.entries(stored)) {
      const [, minute, job] = /^(\d+) (.*)$/.exec(field) ?? [];
      if (minute === undefined || job === undefined) continue;
      const atMs = hour * HOUR_MS + Number(minute) * MINUTE_MS;
      if (atMs >= fromMs && atMs < toMs) minutes.push({ atMs, job, record: readRecord(text) });
    }
  }
  return minutes;
}

/** The keys of all hours that may be kept. */
export function historyKeys(start: string, nowMs: number): string[] {
  const hour = Math.floor(nowMs / HOUR_MS);
  const hours = HISTORY_KEEP_MS / HOUR_MS;
  return Array.from({ length: hours + 3 }, (_, back) => `${start}${sluiceKeys.history}${hour + 1 - back}`);
}
