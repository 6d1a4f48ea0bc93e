import type { KeysMap } from 'bullmq';
import { roomKeys } from '../backend/admission-keys.ts';
import { readLua } from '../backend/lua-source.ts';
import { luaScript } from '../backend/script-flags.ts';
import { sluiceKeys } from '../redis/queue-keys.ts';
import { RedisScript } from '../redis/redis-script.ts';

/** A script of `packages/queue/lua` that may free room, and sends word to those who wait for it. Runs on a full Redis. */
export function scriptThatWakes(name: string, before: () => string = () => ''): RedisScript {
  const parts = (): string[] => [...['count-unfinished', 'capacity', 'line'].map(readLua), before(), readLua(name)];
  return new RedisScript(() => luaScript('runs', parts()));
}

/** The queue as the administration sees it. */
export interface AdministeredQueue {
  keys: KeysMap;
  /** The capacity of this client's definition. */
  capacity: number;
}

/** What such a script needs to wake the line: its last keys, and its last two arguments. */
export function wakeArguments({ keys, capacity }: AdministeredQueue): { keys: string[]; args: (string | number)[] } {
  return { keys: roomKeys(keys), args: [`${keys['']}${sluiceKeys.wake}`, capacity] };
}
