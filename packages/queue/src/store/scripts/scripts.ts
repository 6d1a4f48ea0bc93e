import { bullmqScript, loadScript } from './load-script.ts';
import { RedisScript } from './redis-script.ts';
import { luaScript, type OnOutOfMemory } from './script-flags.ts';

/** The scripts through which a job enters, by BullMQ's name, with the number of their keys; admit-jobs.lua includes them. */
export const addScripts = {
  addStandardJob: 9,
  addDelayedJob: 6,
  addPrioritizedJob: 9,
  addParentJob: 6,
} as const;
export type AddScript = keyof typeof addScripts;

interface Wrapping {
  /** How many keys the original has. */
  keys: number;
  /** The script of ours that it runs in; null: as it is, behind a first line of ours. */
  lua: 'admit-retry' | 'admit-retries' | 'admit-scheduler' | 'wake-after' | null;
  /** What is included in its place, to do more; see known-ids.lua. */
  extension?: 'remember-ended-id' | 'forget-removed-id';
  onOutOfMemory: OnOutOfMemory;
  /** Which of the original's arguments says what time it is. */
  time?: number;
}

/**
 * Scripts of BullMQ's that do not run as BullMQ sends them: those that make a job unfinished, behind the bound; those that
 * may free capacity, followed by a wake-up of the producers that wait for it; and those that must run on a full Redis, or it
 * would never drain.
 */
const wrapped = {
  reprocessJob: { keys: 9, lua: 'admit-retry', onOutOfMemory: 'refused' },
  moveJobsToWait: { keys: 8, lua: 'admit-retries', onOutOfMemory: 'refused' },
  addJobScheduler: { keys: 11, lua: 'admit-scheduler', onOutOfMemory: 'refused', time: 7 },
  moveToFinished: { keys: 14, lua: 'wake-after', extension: 'remember-ended-id', onOutOfMemory: 'runs', time: 2 },
  removeJob: { keys: 2, lua: 'wake-after', extension: 'forget-removed-id', onOutOfMemory: 'runs' },
  removeUnprocessedChildren: { keys: 2, lua: 'wake-after', onOutOfMemory: 'runs' },
  removeJobScheduler: { keys: 3, lua: 'wake-after', onOutOfMemory: 'runs' },
  cleanJobsInSet: { keys: 3, lua: 'wake-after', onOutOfMemory: 'runs' },
  drain: { keys: 5, lua: 'wake-after', onOutOfMemory: 'runs' },
  obliterate: { keys: 2, lua: null, onOutOfMemory: 'runs' },
  removeChildDependency: { keys: 1, lua: null, onOutOfMemory: 'runs' },
  moveToActive: { keys: 11, lua: null, onOutOfMemory: 'runs', time: 2 },
  updateJobScheduler: { keys: 12, lua: null, onOutOfMemory: 'runs', time: 5 },
  extendLock: { keys: 2, lua: null, onOutOfMemory: 'runs' },
  extendLocks: { keys: 1, lua: null, onOutOfMemory: 'runs' },
  moveStalledJobsToWait: { keys: 9, lua: null, onOutOfMemory: 'runs', time: 3 },
  moveToDelayed: { keys: 11, lua: 'wake-after', onOutOfMemory: 'runs', time: 2 },
  retryJob: { keys: 11, lua: 'wake-after', onOutOfMemory: 'runs', time: 2 },
  moveJobFromActiveToWait: { keys: 9, lua: 'wake-after', onOutOfMemory: 'runs' },
  moveToWaitingChildren: { keys: 7, lua: 'wake-after', onOutOfMemory: 'runs', time: 3 },
  promote: { keys: 9, lua: null, onOutOfMemory: 'runs' },
  changeDelay: { keys: 4, lua: null, onOutOfMemory: 'runs', time: 2 },
  changePriority: { keys: 7, lua: null, onOutOfMemory: 'runs' },
  pause: { keys: 7, lua: null, onOutOfMemory: 'runs' },
  updateProgress: { keys: 3, lua: null, onOutOfMemory: 'runs' },
  updateData: { keys: 1, lua: null, onOutOfMemory: 'runs' },
} as const satisfies Record<string, Wrapping>;
export type WrappedScript = keyof typeof wrapped;
export const wrappedNames = Object.keys(wrapped) as readonly WrappedScript[];

export function isAddScript(name: string): name is AddScript {
  return Object.hasOwn(addScripts, name);
}

export function isWrappedScript(name: string): name is WrappedScript {
  return Object.hasOwn(wrapped, name);
}

/** Our own scripts that are called, by their names in `lua/`, and what a full Redis does with each. */
const ours = {
  'admit-adds': 'refused',
  'admit-jobs': 'refused',
  'admit-one': 'refused',
  'bring-unserved': 'runs',
  'cancel-job': 'runs',
  'change-schedule': 'runs',
  'check-idle': 'reads',
  'claim-capacity': 'runs',
  'find-lost-iterations': 'reads',
  'forget-ids': 'runs',
  'edit-job': 'runs',
  'leave-waiter-queue': 'runs',
  'move-times': 'runs',
  'next-iteration': 'runs',
  'note-history': 'refused',
  'note-shared-process': 'runs',
  'note-unserved': 'runs',
  'purge-jobs': 'runs',
  'order-pools': 'runs',
  'read-depth': 'reads',
  'read-job-events': 'reads',
  'read-pools': 'reads',
  'read-stats': 'reads',
  'read-waiters': 'reads',
  'renew-leases': 'runs',
  'read-limits': 'reads',
  'replay-jobs': 'refused',
  'set-capacity': 'runs',
  'set-limits': 'runs',
  'set-schedule': 'refused',
  'settle-and-take': 'runs',
  'sweep-leases': 'runs',
  'take-with-bullmq': 'runs',
  'wake-producer': 'runs',
  'write-setting': 'runs',
} as const satisfies Record<string, OnOutOfMemory>;
export type OurScript = keyof typeof ours;
export const ourNames = Object.keys(ours) as readonly OurScript[];

const texts = new Map<string, string>();

function once(name: string, onOutOfMemory: OnOutOfMemory, load: () => string): string {
  const key = `${name} ${onOutOfMemory}`;
  const text = texts.get(key) ?? luaScript(onOutOfMemory, load());
  texts.set(key, text);
  return text;
}

/** The text of one of our scripts, complete. @param onOutOfMemory where it is not as it is as a rule */
export function ourScript(name: OurScript, onOutOfMemory: OnOutOfMemory = ours[name]): string {
  return once(name, onOutOfMemory, () => loadScript(name));
}

/** What Redis does with one of BullMQ's scripts when its memory is full; undefined when it runs as BullMQ sends it. */
export function onOutOfMemoryOf(name: string): OnOutOfMemory | undefined {
  if (isAddScript(name)) return 'refused';
  return isWrappedScript(name) ? wrapped[name].onOutOfMemory : undefined;
}

export interface ScriptToRun {
  script: RedisScript;
  /** How many keys BullMQ's own text has. Ours come after them. */
  originalKeys: number;
  /** Whether the script takes our keys and arguments, too. */
  takesOurs: boolean;
  /** Which of the original's arguments says what time it is, from 1. */
  timeArgument: number | undefined;
}

/** The text of one of BullMQ's scripts as it runs here. */
export function wrappedText(name: WrappedScript): string {
  const { keys, lua, extension, onOutOfMemory }: Wrapping = wrapped[name];
  return once(name, onOutOfMemory, () => (lua ? loadScript(lua, { name, keys, extension }) : bullmqScript(name, keys)));
}

const toRun = new Map<WrappedScript, ScriptToRun>();

export function wrappedScript(name: WrappedScript): ScriptToRun {
  const known = toRun.get(name);
  if (known) return known;
  const { keys, lua, time }: Wrapping = wrapped[name];
  const script = new RedisScript(() => wrappedText(name));
  const made = { script, originalKeys: keys, takesOurs: lua !== null, timeArgument: time };
  toRun.set(name, made);
  return made;
}
