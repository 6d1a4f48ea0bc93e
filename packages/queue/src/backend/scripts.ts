import { asLuaFunction, bullmqScript, readLua } from './lua-source.ts';

/** The scripts through which a job enters, by BullMQ's name, with the number of their keys. */
export const addScripts = {
  addStandardJob: 9,
  addDelayedJob: 6,
  addPrioritizedJob: 9,
  addParentJob: 6,
} as const;
export type AddScript = keyof typeof addScripts;

/** Scripts that make one or more finished jobs unfinished again, or add a scheduler's iteration: same check, one run. */
const guards = {
  reprocessJob: { keys: 9, lua: 'admit-retry' },
  moveJobsToWait: { keys: 8, lua: 'admit-retries' },
  addJobScheduler: { keys: 11, lua: 'admit-scheduler' },
} as const;
export type GuardedScript = keyof typeof guards;

export function isAddScript(name: string): name is AddScript {
  return Object.hasOwn(addScripts, name);
}

export function isGuardedScript(name: string): name is GuardedScript {
  return Object.hasOwn(guards, name);
}

let admitJobs: string | undefined;

/** admit-jobs with BullMQ's add scripts inside. */
export function admitJobsScript(): string {
  admitJobs ??= [
    readLua('count-unfinished'),
    'local original = {',
    ...Object.entries(addScripts).map(([name, keys]) => `${name} = ${asLuaFunction(bullmqScript(name, keys))},`),
    `releaseParentIfNoPendingDependencies = ${asLuaFunction(bullmqScript('releaseParentIfNoPendingDependencies', 2))}`,
    '}',
    readLua('admit-jobs'),
  ].join('\n');
  return admitJobs;
}

/** A script of BullMQ's behind the bound, with the number of its keys (ours come after the original's). */
export function guardedScript(name: GuardedScript): { lua: string; keys: number } {
  const { keys, lua } = guards[name];
  const original = `local original = ${asLuaFunction(bullmqScript(name, keys))}`;
  return { lua: [readLua('count-unfinished'), original, readLua(lua)].join('\n'), keys: keys + 7 };
}
