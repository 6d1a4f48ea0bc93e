import type { PrepareRun } from '../take-contender.ts';

export const contenderNames = ['bullmq', 'bee-queue', 'sluice'] as const;
export type ContenderName = (typeof contenderNames)[number];

interface KnownContender {
  readonly title: string;
  /** The lists of jobs that wait and that run: empty after a run. */
  readonly lists: readonly string[];
  /** The sorted set of completed jobs; null when none are kept. */
  readonly completed: string | null;
  /** Loads it. Only the process that measures it does, so that the process holds nothing of the others. */
  readonly load: () => Promise<PrepareRun>;
}

export const contenders: Readonly<Record<ContenderName, KnownContender>> = {
  bullmq: {
    title: 'BullMQ',
    lists: ['bull:take:wait', 'bull:take:active'],
    completed: 'bull:take:completed',
    load: async () => (await import('./bullmq.ts')).prepareBullmq,
  },
  'bee-queue': {
    title: 'bee-queue',
    lists: ['bq:take:waiting', 'bq:take:active'],
    completed: null,
    load: async () => (await import('./bee-queue.ts')).prepareBeeQueue,
  },
  sluice: {
    title: 'Sluice',
    lists: ['bull:{take}:wait', 'bull:{take}:active'],
    completed: 'bull:{take}:completed',
    load: async () => (await import('./sluice.ts')).prepareSluice,
  },
};

/** @throws Error when there is no such contender */
export function toContenderName(text: string): ContenderName {
  const name = contenderNames.find((known) => known === text);
  if (name === undefined) throw new Error(`no such contender: ${text}`);
  return name;
}
