import { asLuaFunction, bullmqScript, readLua } from './lua-source.ts';

/** The scripts through which a job enters, by BullMQ's name, with the number of their keys. */
export const addScripts = {
  addStandardJob: 9,
  addDelayedJob: 6,
  addPrioritizedJob: 9,
  addParentJob: 6,
} as const;
export type AddScript = keyof typeof addScripts;

/**
 * Scripts of BullMQ's that run inside one of ours: those that make a job unfinished behind the bound, and those that may
 * free room with a word to whoever waits for it.
 */
const wrapped = {
  reprocessJob: { keys: 9, lua: 'admit-retry' },
  moveJobsToWait: { keys: 8, lua: 'admit-retries' },
  addJobScheduler: { keys: 11, lua: 'admit-scheduler' },
  moveToFinished: { keys: 14, lua: 'wake-after' },
  removeJob: { keys: 2, lua: 'wake-after' },
  removeUnprocessedChildren: { keys: 2, lua: 'wake-after' },
  removeJobScheduler: { keys: 3, lua: 'wake-after' },
  cleanJobsInSet: { keys: 3, lua: 'wake-after' },
  drain: { keys: 5, lua: 'wake-after' },
} as const;
export type WrappedScript = keyof typeof wrapped;

export function isAddScript(name: string): name is AddScript {
  return Object.hasOwn(addScripts, name);
}

export function isWrappedScript(name: string): name is WrappedScript {
  return Object.hasOwn(wrapped, name);
}

const line = [readLua('count-unfinished'), readLua('line')].join('\n');
const texts = new Map<string, string>();

function once(name: string, build: () => string[]): string {
  const text = texts.get(name) ?? build().join('\n');
  texts.set(name, text);
  return text;
}

/** admit-jobs with BullMQ's add scripts inside. */
export function admitJobsScript(): string {
  return once('admit-jobs', () => [
    line,
    'local original = {',
    ...Object.entries(addScripts).map(([name, keys]) => `${name} = ${asLuaFunction(bullmqScript(name, keys))},`),
    `releaseParentIfNoPendingDependencies = ${asLuaFunction(bullmqScript('releaseParentIfNoPendingDependencies', 2))}`,
    '}',
    readLua('lean-add'),
    readLua('admit-jobs'),
  ]);
}

export function leaveLineScript(): string {
  return once('leave-line', () => [line, readLua('leave-line')]);
}

/** A wrapped script, and the number of the original's keys; ours come after them. */
export function wrappedScript(name: WrappedScript): { lua: string; originalKeys: number } {
  const { keys, lua } = wrapped[name];
  const build = (): string[] => [line, `local original = ${asLuaFunction(bullmqScript(name, keys))}`, readLua(lua)];
  return { lua: once(name, build), originalKeys: keys };
}

/** Redis runs these also when its memory is full: what they write is little, and they are how it empties. */
const ALSO_WHEN_FULL = '#!lua flags=allow-oom';

/** A pool's turn: completes jobs and takes others. */
export function settleAndTakeScript(): string {
  const parts = ['draw-fence', 'complete-jobs', 'take-jobs', 'settle-and-take'];
  return once('settle-and-take', () => [ALSO_WHEN_FULL, line, ...parts.map(readLua)]);
}

/** BullMQ's take, under a fence of ours. */
export function takeOneScript(): string {
  const original = (): string => asLuaFunction(bullmqScript('moveToActive', 11));
  const parts = (): string[] => [readLua('draw-fence'), `local original = ${original()}`, readLua('take-one')];
  return once('take-one', () => [ALSO_WHEN_FULL, line, ...parts()]);
}
