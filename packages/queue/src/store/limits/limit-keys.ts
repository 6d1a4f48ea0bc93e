import type { RedisClient } from 'bullmq';
import { sluiceKeys } from '../keys/queue-keys.ts';

/** All keys that the limits of a queue's contracts use. @param start what the keys of the queue start with */
export async function limitKeys(client: RedisClient, start: string): Promise<string[]> {
  const [limits, parked] = [`${start}${sluiceKeys.limits}`, `${start}${sluiceKeys.parked}`];
  const [limited, withParked] = await Promise.all([client.hgetall(limits), client.smembers(parked)]);
  const names = new Set([...Object.keys(limited), ...withParked]);
  const { running, starts, parkedJobs } = sluiceKeys;
  return [
    limits,
    parked,
    ...[...names].flatMap((name) => [running, starts, parkedJobs].map((of) => start + of + name)),
  ];
}
