import type { ContenderName, PreparedRun, PrepareRun, TakeSetting } from './take-contender.ts';

/** Each is loaded only when it is its turn, so that a process holds nothing of the others. */
const preparers: Readonly<Record<ContenderName, () => Promise<PrepareRun>>> = {
  bullmq: async () => (await import('./contenders/bullmq.ts')).prepareBullmq,
  'bee-queue': async () => (await import('./contenders/bee-queue.ts')).prepareBeeQueue,
  sluice: async () => (await import('./contenders/sluice.ts')).prepareSluice,
};

export async function prepareRun(name: ContenderName, setting: TakeSetting): Promise<PreparedRun> {
  const prepare = await preparers[name]();
  return prepare(setting);
}
