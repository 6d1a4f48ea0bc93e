import { AMPLE_CAPACITY } from '../../put/contender.ts';
import type { GroupSides } from '../group-contender.ts';

export const groupContenderNames = ['bullmq', 'sluice', 'sluice-bounded'] as const;
export type GroupContender = (typeof groupContenderNames)[number];

interface KnownContender {
  readonly title: string;
  /** The lists of jobs that wait and that run. */
  readonly lists: readonly [waiting: string, running: string];
  /** Loads it. Only the processes that it runs in do, so that they hold nothing of the others. */
  readonly load: () => Promise<GroupSides>;
}

/** The capacity of the contender that has producers wait. */
const BOUNDED_CAPACITY = 1_000;
const SLUICE_LISTS = ['bull:{life}:wait', 'bull:{life}:active'] as const;

export const groupContenders: Readonly<Record<GroupContender, KnownContender>> = {
  bullmq: {
    title: 'BullMQ',
    lists: ['bull:life:wait', 'bull:life:active'],
    load: async () => (await import('./bullmq.ts')).bullmqSides,
  },
  sluice: {
    title: 'Sluice',
    lists: SLUICE_LISTS,
    load: async () => (await import('./sluice.ts')).sluiceSides(AMPLE_CAPACITY),
  },
  'sluice-bounded': {
    title: 'Sluice, capacity 1,000',
    lists: SLUICE_LISTS,
    load: async () => (await import('./sluice.ts')).sluiceSides(BOUNDED_CAPACITY),
  },
};
