import type { BunqueueMode } from '../../bunqueue/bunqueue-mode.ts';
import type { PrepareRun } from '../take-contender.ts';

export const contenderNames = [
  'bullmq',
  'bee-queue',
  'bunqueue-memory',
  'bunqueue-sqlite',
  'bunqueue-durable',
  'bunqueue-embedded',
  'sluice',
] as const;
export type ContenderName = (typeof contenderNames)[number];

interface KnownContender {
  readonly title: string;
  /** In which of its modes bunqueue runs; such a contender runs in Bun. */
  readonly bunqueue?: BunqueueMode;
  /** The lists of jobs that wait and that run: empty after a run. None when they are not in Redis. */
  readonly lists: readonly string[];
  /** The sorted set of completed jobs; null when none are kept. */
  readonly completed: string | null;
  /** Loads it. Only the process that measures it does, so that the process holds nothing of the others. */
  readonly load: () => Promise<PrepareRun>;
}

const bunqueue = (mode: BunqueueMode, how: string): KnownContender => ({
  title: `bunqueue, ${how}`,
  bunqueue: mode,
  lists: [],
  completed: null,
  load: async () => (await import('./bunqueue.ts')).prepareBunqueue(mode),
});

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
  'bunqueue-memory': bunqueue('memory', 'server in memory'),
  'bunqueue-sqlite': bunqueue('sqlite', 'server with a file'),
  'bunqueue-durable': bunqueue('durable', 'server, durable'),
  'bunqueue-embedded': bunqueue('embedded', 'embedded, in memory'),
  sluice: {
    title: 'Sluice',
    lists: ['bull:{take}:wait', 'bull:{take}:active'],
    completed: 'bull:{take}:completed',
    load: async () => (await import('./sluice.ts')).prepareSluice,
  },
};

/** Those that need nothing but Redis and Node. */
export const redisContenderNames: readonly ContenderName[] = contenderNames.filter(
  (name) => !contenders[name].bunqueue,
);

/** @throws Error when there is no such contender */
export function toContenderName(text: string): ContenderName {
  const name = contenderNames.find((known) => known === text);
  if (name === undefined) throw new Error(`no such contender: ${text}`);
  return name;
}
