import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Cadence } from '../../job/schedules/cadence.ts';
import { dueTimes } from '../../job/schedules/cadence.ts';
import type { CatchUp } from '../../job/schedules/plan-iteration.ts';
import { hideSecretFields, readSecretFields } from '../../job/contracts/secret-fields.ts';
import { readOptions } from '../../job/read-options.ts';
import { readSettings, type ScheduleSettings } from '../../job/schedules/schedule-settings.ts';
import { readRedisTime } from '../connection/redis-time.ts';
import { callerId } from '../keys/queue-keys.ts';
import { movedKey, scheduleKey } from './schedule-keys.ts';

/** A schedule as it is now. Times are milliseconds since the epoch. */
export interface Schedule {
  /** As it was set. */
  readonly name: string;
  /** Name of its jobs' contract. */
  readonly job: string;
  /** When it is due. */
  readonly cadence: Cadence;
  /** The earliest time of a job; null for none. */
  readonly startAtMs: number | null;
  /** The latest time of a job; null for none. */
  readonly endAtMs: number | null;
  /** Up to how much later than due its jobs start, at random. */
  readonly jitterMs: number;
  /** What becomes of times at which no worker took a job. */
  readonly catchUp: CatchUp;
  /** Whether a job may start while an earlier one has not ended. */
  readonly overlap: boolean;
  /** Of each job, with `[hidden]` for the secret fields of its contract. */
  readonly payload: unknown;
  /** `ended`: no time is left before its end. */
  readonly state: 'active' | 'paused' | 'ended';
  /** When its next job is due. A job that was not taken in time is still the next one. Null when it has ended. */
  readonly nextMs: number | null;
  /** When its last job was taken, and under which id; null before the first. */
  readonly last: { readonly id: string; readonly atMs: number } | null;
  /** How many of its jobs were started, as far as pools of ours did. */
  readonly runs: number;
  /** How many were left out because an earlier one had not ended. */
  readonly overlapped: number;
  /** How many were left out because their time had passed by. */
  readonly missed: number;
  /** Who set it: an operator, the queue's definition, or a plain BullMQ client, whose schedulers know no more than a cadence. */
  readonly setBy: 'operator' | 'definition' | 'bullmq';
}

/** The most schedules that are listed. */
const SCHEDULES_MAX = 1_000;

/** All of a queue, by their next time. */
export async function readSchedules(client: Redis, keys: KeysMap): Promise<Schedule[]> {
  const entries = await client.zrange(keys['repeat'] ?? '', 0, String(SCHEDULES_MAX - 1), 'WITHSCORES');
  const names = entries.filter((_, index) => index % 2 === 0);
  const hashes = await Promise.all(names.map((name) => client.hgetall(scheduleKey(keys, name))));
  return names.flatMap((name, index) => {
    const schedule = read(name, Number(entries[2 * index + 1]), hashes[index] ?? {});
    return schedule ? [schedule] : [];
  });
}

/** Null when there is none. */
export async function readSchedule(client: Redis, keys: KeysMap, name: string): Promise<Schedule | null> {
  const nextMs = await client.zscore(keys['repeat'] ?? '', name);
  return nextMs === null ? null : read(name, Number(nextMs), await client.hgetall(scheduleKey(keys, name)));
}

/** When its next jobs are due, as many as are wanted; null when there is no such schedule. */
export async function readNextTimes(
  client: Redis,
  keys: KeysMap,
  name: string,
  count: number,
): Promise<number[] | null> {
  const schedule = await readSchedule(client, keys, name);
  if (!schedule) return null;
  const movedMs = Number(await client.hget(movedKey(keys), name)) || 0;
  const nowMs = (await readRedisTime(client, keys['meta'] ?? '')) + movedMs;
  const times = dueTimes({
    cadence: schedule.cadence,
    startAtMs: schedule.startAtMs ?? undefined,
    endAtMs: schedule.endAtMs ?? undefined,
  });
  const found: number[] = [];
  for (let at = times.after(nowMs); at !== null && found.length < count; at = times.after(at)) found.push(at);
  return found;
}

function read(name: string, nextMs: number, hash: Readonly<Record<string, string>>): Schedule | null {
  const own = readSettings(hash['sluice']);
  const settings = own ?? foreignSettings(hash);
  if (!settings) return null;
  const ended = hash['sluice.ended'] !== undefined;
  const paused = hash['sluice.paused'] !== undefined;
  const last = hash['sluice.last'];
  return {
    name,
    job: hash['name'] ?? '',
    cadence: settings.cadence,
    startAtMs: settings.startAtMs ?? null,
    endAtMs: settings.endAtMs ?? null,
    jitterMs: settings.jitterMs,
    catchUp: settings.catchUp,
    overlap: settings.overlap,
    payload: hideSecretFields(readJson(hash['data']), readSecretFields(readOptions(hash['opts']).sluice?.s)),
    state: ended ? 'ended' : paused ? 'paused' : 'active',
    nextMs: ended ? null : nextMs,
    last: last === undefined ? null : { id: callerId(last), atMs: Number(hash['sluice.lastAtMs']) },
    runs: Number(hash['sluice.runs'] ?? 0),
    overlapped: Number(hash['sluice.overlapped'] ?? 0),
    missed: Number(hash['sluice.missed'] ?? 0),
    setBy: !own ? 'bullmq' : hash['sluice.by'] === 'definition' ? 'definition' : 'operator',
  };
}

/** Of a job scheduler that a plain BullMQ client has made: BullMQ makes up for what it missed by one run, and lets runs overlap. */
function foreignSettings(hash: Readonly<Record<string, string>>): ScheduleSettings | null {
  const { pattern, tz: timeZone = 'UTC', every, startDate, endDate } = hash;
  const everyMs = Number(every);
  if (pattern === undefined && !(everyMs > 0)) return null;
  return {
    cadence: pattern === undefined ? { everyMs } : { cron: pattern, timeZone },
    ...(startDate !== undefined && { startAtMs: Number(startDate) }),
    ...(endDate !== undefined && { endAtMs: Number(endDate) }),
    jitterMs: 0,
    catchUp: 'one',
    overlap: true,
  };
}

function readJson(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '{}');
  } catch {
    return null;
  }
}
