import type { KeysMap } from 'bullmq';
import { capacityKeys } from './admission-keys.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';

/** The queue as the administration sees it. */
export interface AdministeredQueue {
  keys: KeysMap;
  /** The capacity of this client's definition. */
  capacity: number;
}

/** What a script that may free capacity needs to wake waiting producers: its last keys, and its last two arguments. */
export function wakeArguments({ keys, capacity }: AdministeredQueue): { keys: string[]; args: (string | number)[] } {
  return { keys: capacityKeys(keys), args: [`${keys['']}${sluiceKeys.wake}`, capacity] };
}
