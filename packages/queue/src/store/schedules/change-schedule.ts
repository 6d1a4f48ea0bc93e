import type { Redis } from 'ioredis';
import { jobPrefix } from '../admission/admission-keys.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';
import { RedisScript } from '../scripts/redis-script.ts';
import { ourScript } from '../scripts/scripts.ts';
import { type ScheduleQueue, scheduleKeys } from './schedule-keys.ts';

const script = new RedisScript(() => ourScript('change-schedule'));

/**
 * @param definition id of the definition that has it no more; empty for an operator
 * @returns false when there is no such schedule
 */
export async function changeSchedule(
  client: Redis,
  { keys, capacity }: ScheduleQueue,
  name: string,
  action: 'pause' | 'resume' | 'remove',
  definition = '',
): Promise<boolean> {
  const prefix = jobPrefix(keys);
  const args = [prefix, name, action, definition, `${prefix}${sluiceKeys.wake}`, capacity];
  return (await script.run(client, scheduleKeys(keys), args)) === 1;
}
