import type { KeysMap } from 'bullmq';
import { DefinitionError } from '../../job/errors/index.ts';
import { sluiceKeys } from '../keys/queue-keys.ts';

/** BullMQ's keys that admission reads or hands on, in the order in which admit-jobs.lua expects them. */
const QUEUE_KEYS = [
  'wait',
  'active',
  'prioritized',
  'delayed',
  'waiting-children',
  'paused',
  'meta',
  'id',
  'completed',
  'events',
  'marker',
  'pc',
  'failed',
] as const;
const WAITER_KEYS = [sluiceKeys.waiters, sluiceKeys.tickets] as const;

/** The keys of one queue, as admit-jobs.lua takes them. */
export function admissionKeys(keys: KeysMap): string[] {
  return [...QUEUE_KEYS.map((name) => keyOf(keys, name)), ...waiterKeys(keys)];
}

/** The position of one of BullMQ's keys among them, from 1. */
export function positionOfKey(keys: KeysMap, key: string | Buffer): number {
  const index = QUEUE_KEYS.findIndex((name) => keys[name] === key);
  if (index < 0) throw new DefinitionError(`a BullMQ add script uses ${String(key)}, which admission does not know`);
  return index + 1;
}

/** What the keys of a queue's jobs start with. */
export function jobPrefix(keys: KeysMap): string {
  return keyOf(keys, '');
}

/** The queue's name as BullMQ knows it: what stands last before its keys' own names. */
export function queueNameOf(keys: KeysMap): string {
  return jobPrefix(keys).split(':').at(-2) ?? '';
}

/** What `capacityKeys` of capacity-keys.lua names: the keys of the unfinished jobs, meta, and those of the waiter queue. */
export function capacityKeys(keys: KeysMap): string[] {
  return [...QUEUE_KEYS.slice(0, 7).map((name) => keyOf(keys, name)), ...waiterKeys(keys)];
}

function waiterKeys(keys: KeysMap): string[] {
  return WAITER_KEYS.map((name) => `${keyOf(keys, '')}${name}`);
}

function keyOf(keys: KeysMap, name: string): string {
  const key = keys[name];
  if (key === undefined) throw new DefinitionError(`BullMQ has no key ${name} any more`);
  return key;
}
