import { asLuaFunction, type BullmqScript, bullmqScript, readLua } from './lua-source.ts';
import { luaScript, type WhenMemoryIsFull } from './script-flags.ts';

/** The scripts through which a job enters, by BullMQ's name, with the number of their keys. */
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
  /** What it also does itself; see known-ids.lua. */
  also?: 'end-job' | 'remove-job';
  whenFull: WhenMemoryIsFull;
  /** Which of the original's arguments says what time it is. */
  time?: number;
}

/**
 * Scripts of BullMQ's that do not run as BullMQ sends them: those that make a job unfinished, behind the bound; those that
 * may free room, with a word to whoever waits for it; and those that must run on a full Redis, or it would never drain.
 */
const wrapped = {
  reprocessJob: { keys: 9, lua: 'admit-retry', whenFull: 'refused' },
  moveJobsToWait: { keys: 8, lua: 'admit-retries', whenFull: 'refused' },
  addJobScheduler: { keys: 11, lua: 'admit-scheduler', whenFull: 'refused', time: 7 },
  moveToFinished: { keys: 14, lua: 'wake-after', also: 'end-job', whenFull: 'runs', time: 2 },
  removeJob: { keys: 2, lua: 'wake-after', also: 'remove-job', whenFull: 'runs' },
  removeUnprocessedChildren: { keys: 2, lua: 'wake-after', whenFull: 'runs' },
  removeJobScheduler: { keys: 3, lua: 'wake-after', whenFull: 'runs' },
  cleanJobsInSet: { keys: 3, lua: 'wake-after', whenFull: 'runs' },
  drain: { keys: 5, lua: 'wake-after', whenFull: 'runs' },
  obliterate: { keys: 2, lua: null, whenFull: 'runs' },
  removeChildDependency: { keys: 1, lua: null, whenFull: 'runs' },
  moveToActive: { keys: 11, lua: null, whenFull: 'runs', time: 2 },
  updateJobScheduler: { keys: 12, lua: null, whenFull: 'runs', time: 5 },
  extendLock: { keys: 2, lua: null, whenFull: 'runs' },
  extendLocks: { keys: 1, lua: null, whenFull: 'runs' },
  moveStalledJobsToWait: { keys: 9, lua: null, whenFull: 'runs', time: 3 },
  moveToDelayed: { keys: 11, lua: null, whenFull: 'runs', time: 2 },
  retryJob: { keys: 11, lua: null, whenFull: 'runs', time: 2 },
  moveJobFromActiveToWait: { keys: 9, lua: null, whenFull: 'runs' },
  moveToWaitingChildren: { keys: 7, lua: null, whenFull: 'runs', time: 3 },
  promote: { keys: 9, lua: null, whenFull: 'runs' },
  changeDelay: { keys: 4, lua: null, whenFull: 'runs', time: 2 },
  changePriority: { keys: 7, lua: null, whenFull: 'runs' },
  pause: { keys: 7, lua: null, whenFull: 'runs' },
  updateProgress: { keys: 3, lua: null, whenFull: 'runs' },
  updateData: { keys: 1, lua: null, whenFull: 'runs' },
} as const satisfies Record<string, Wrapping>;
export type WrappedScript = keyof typeof wrapped;
export const wrappedNames = Object.keys(wrapped) as readonly WrappedScript[];

export function isAddScript(name: string): name is AddScript {
  return Object.hasOwn(addScripts, name);
}

export function isWrappedScript(name: string): name is WrappedScript {
  return Object.hasOwn(wrapped, name);
}

const line = ['count-unfinished', 'capacity', 'line'].map(readLua).join('\n');
const texts = new Map<string, string>();

function once(name: string, whenFull: WhenMemoryIsFull, build: () => string[]): string {
  const text = texts.get(name) ?? luaScript(whenFull, build());
  texts.set(name, text);
  return text;
}

/** admit-jobs with BullMQ's add scripts inside. */
export function admitJobsScript(): string {
  return once('admit-jobs', 'refused', () => [
    line,
    'local original = {',
    ...Object.entries(addScripts).map(([name, keys]) => `${name} = ${asLuaFunction(bullmqScript(name, keys))},`),
    `releaseParentIfNoPendingDependencies = ${asLuaFunction(bullmqScript('releaseParentIfNoPendingDependencies', 2))}`,
    '}',
    readLua('answers'),
    ...['lean-add', 'known-ids', 'ended-job', 'look-up-id', 'drop-victim'].map(readLua),
    readLua('admit-jobs'),
  ]);
}

export function leaveLineScript(): string {
  return once('leave-line', 'runs', () => [line, readLua('leave-line')]);
}

/** @param whenFull `refused` where it may make a queue that is not there */
export function claimCapacityScript(whenFull: 'refused' | 'runs'): string {
  return once(`claim-capacity ${whenFull}`, whenFull, () => [line, readLua('claim-capacity')]);
}

export function nudgeScript(): string {
  return once('nudge', 'runs', () => [line, readLua('nudge')]);
}

export function forgetIdsScript(): string {
  return once('forget-ids', 'runs', () => [readLua('forget-ids')]);
}

export function readDepthScript(): string {
  return once('read-depth', 'reads', () => ['count-unfinished', 'capacity', 'read-depth'].map(readLua));
}

/** What Redis does with one of BullMQ's scripts when its memory is full; undefined when it runs as BullMQ sends it. */
export function whenMemoryIsFull(name: string): WhenMemoryIsFull | undefined {
  if (isAddScript(name)) return 'refused';
  return isWrappedScript(name) ? wrapped[name].whenFull : undefined;
}

export interface ScriptToRun {
  lua: string;
  /** How many keys BullMQ's own text has. Ours come after them. */
  originalKeys: number;
  /** Whether the script takes our keys and arguments, too. */
  takesOurs: boolean;
  /** Which of the original's arguments says what time it is, from 1. */
  timeArgument: number | undefined;
}

export function wrappedScript(name: WrappedScript): ScriptToRun {
  const { keys, lua, also, whenFull, time }: Wrapping = wrapped[name];
  const original = bullmqScript(name, keys);
  const build = (): string[] => (lua ? [line, ...asOriginal(original, also), readLua(lua)] : [original.content]);
  return { lua: once(name, whenFull, build), originalKeys: keys, takesOurs: lua !== null, timeArgument: time };
}

/** BullMQ's script as the function `original`. */
function asOriginal(script: BullmqScript, also: Wrapping['also']): string[] {
  const original = `local original = ${asLuaFunction(script)}`;
  return also ? [original, readLua('known-ids'), readLua(also)] : [original];
}

/** BullMQ's removeJob as the function `original`, as it runs on our backend. */
export function removeJobPart(): string {
  const { keys, also } = wrapped.removeJob;
  return asOriginal(bullmqScript('removeJob', keys), also).join('\n');
}

/** A pool's turn: completes jobs and takes others. */
export function settleAndTakeScript(): string {
  const parts = [
    'draw-fence',
    'crash-suspects',
    'known-ids',
    'ended-job',
    'complete-jobs',
    'take-jobs',
    'settle-and-take',
  ];
  return once('settle-and-take', 'runs', () => [line, ...parts.map(readLua)]);
}

/** BullMQ's take, under a fence of ours. */
export function takeOneScript(): string {
  const original = (): string => asLuaFunction(bullmqScript('moveToActive', 11));
  const parts = (): string[] => [
    readLua('draw-fence'),
    readLua('crash-suspects'),
    `local original = ${original()}`,
    readLua('take-one'),
  ];
  return once('take-one', 'runs', () => [line, ...parts()]);
}

export function renewLeasesScript(): string {
  return once('renew-leases', 'runs', () => [readLua('renew-leases')]);
}

export function sweepLeasesScript(): string {
  return once('sweep-leases', 'runs', () => [readLua('crash-suspects'), readLua('sweep-leases')]);
}

export function noteCompanyScript(): string {
  return once('note-company', 'runs', () => [line, readLua('draw-fence'), readLua('note-company')]);
}
