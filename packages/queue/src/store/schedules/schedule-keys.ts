import type { KeysMap } from 'bullmq';
import { capacityKeys, jobPrefix } from '../admission/admission-keys.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';

/** A queue whose schedules are set or changed. */
export interface ScheduleQueue {
  readonly keys: KeysMap;
  /** The capacity of this client's definition; 0 for none. */
  readonly capacity: number;
}

/** As `scheduleKeys` of schedule-keys.lua takes them. */
export function scheduleKeys(keys: KeysMap): string[] {
  return [...['repeat', 'id', 'events', 'marker'].map((name) => keys[name] ?? ''), ...capacityKeys(keys)];
}

/** The hash of a job scheduler. */
export function scheduleKey(keys: KeysMap, name: string): string {
  return `${keys['repeat']}:${name}`;
}

/** By how much a test has moved each scheduler's clock. */
export function movedKey(keys: KeysMap): string {
  return `${jobPrefix(keys)}${sluiceKeys.movedSchedulers}`;
}
