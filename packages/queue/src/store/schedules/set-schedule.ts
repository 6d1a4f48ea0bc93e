import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { ScheduleSettings } from '../../job/schedules/schedule-settings.ts';
import { dueTimes } from '../../job/schedules/cadence.ts';
import type { StoredOptions } from '../../job/stored-options.ts';
import { jobPrefix } from '../admission/admission-keys.ts';
import { queueFull } from '../admission/admission-refusal.ts';
import { readRedisTime } from '../connection/redis-time.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';
import { iterationOf, repeatOptions } from './iteration.ts';
import { movedKey, type ScheduleQueue, scheduleKeys } from './schedule-keys.ts';

const script = new RedisScript(() => ourScript('set-schedule'));

/** How many times that are taken already are passed over. */
const TAKEN_MAX = 100;

export interface ScheduleToSet {
  readonly name: string;
  /** Name of its jobs' contract. */
  readonly job: string;
  /** Payload as JSON. */
  readonly data: string;
  /** Options of its jobs. */
  readonly template: StoredOptions;
  readonly settings: ScheduleSettings;
}

/**
 * `set`: it is new, or another one now. `unchanged`: it was the same already. `kept`: one that an operator has set stands
 * above the definition's. `older`: a newer definition owns the queue. `over`: its end has come.
 */
export type SetScheduleAnswer = 'set' | 'unchanged' | 'kept' | 'older' | 'over';

type Reply = ['set' | 'unchanged' | 'operator' | 'older' | 'taken'] | ['full', number, number];

/**
 * @param definition id of the definition that has it; empty for an operator
 * @throws QueueFullError when it would add a job for which there is no free capacity
 */
export async function setSchedule(
  client: Redis,
  { keys, capacity }: ScheduleQueue,
  schedule: ScheduleToSet,
  definition = '',
): Promise<SetScheduleAnswer> {
  const { name, job, data, template, settings } = schedule;
  const movedMs = Number(await client.hget(movedKey(keys), name)) || 0;
  const nowMs = Math.floor(await readRedisTime(client, keys['meta'] ?? '')) + movedMs;
  const times = dueTimes(settings);
  const options = JSON.stringify(template);
  const stored = JSON.stringify(settings);
  const digest = createHash('sha1')
    .update(JSON.stringify([job, data, options, stored]))
    .digest('hex')
    .slice(0, 16);
  const bullmq = Object.entries(repeatOptions(settings)).flat();
  let dueMs = times.after(nowMs);
  for (let passed = 0; dueMs !== null && passed < TAKEN_MAX; passed += 1) {
    const next = iterationOf({ schedule: name, settings, template, dueMs, nowMs, movedMs });
    const args = [jobPrefix(keys), name, digest, definition, job, data, options, stored, next.options];
    const reply = (await script.run(client, scheduleKeys(keys), [
      ...args,
      next.dueMs,
      next.atMs,
      next.jitterMs,
      capacity,
      ...bullmq,
    ])) as Reply;
    if (reply[0] === 'full') throw queueFull(keys, { depth: reply[1], capacity: reply[2] });
    if (reply[0] === 'set' || reply[0] === 'unchanged') return reply[0];
    if (reply[0] === 'older') return 'older';
    if (reply[0] !== 'taken') return 'kept';
    dueMs = times.after(dueMs);
  }
  return 'over';
}
