import type { BunqueueMode } from '../../bunqueue/bunqueue-mode.ts';
import type { Contender, OpenContender } from '../contender.ts';

export const contenderNames = [
  'floor',
  'bullmq',
  'bee-queue',
  'bunqueue-memory',
  'bunqueue-sqlite',
  'bunqueue-durable',
  'bunqueue-embedded',
  'backend-unbounded',
  'backend-bounded',
  'sluice',
] as const;
export type ContenderName = (typeof contenderNames)[number];

interface KnownContender {
  readonly title: string;
  /** The list in which its jobs wait: where the bench counts what has arrived. Null when that is not in Redis. */
  readonly waitKey: string | null;
  /** In which of its modes bunqueue runs; such a contender runs in Bun. */
  readonly bunqueue?: BunqueueMode;
  /** Loads it. Only the process that measures it does, so that the process holds nothing of the others. */
  readonly load: () => Promise<OpenContender>;
}

const bunqueue = (mode: BunqueueMode, how: string): KnownContender => ({
  title: `bunqueue, ${how}`,
  waitKey: null,
  bunqueue: mode,
  load: async () => (await import('./bunqueue.ts')).openBunqueueContender(mode),
});

export const contenders: Readonly<Record<ContenderName, KnownContender>> = {
  floor: {
    title: 'plain commands (floor)',
    waitKey: 'floor:put:wait',
    load: async () => (await import('./floor.ts')).openFloor,
  },
  bullmq: {
    title: 'BullMQ',
    waitKey: 'bull:put:wait',
    load: async () => (await import('./bullmq.ts')).openBullmq,
  },
  'bee-queue': {
    title: 'bee-queue',
    waitKey: 'bq:put:waiting',
    load: async () => (await import('./bee-queue.ts')).openBeeQueue,
  },
  'bunqueue-memory': bunqueue('memory', 'server in memory'),
  'bunqueue-sqlite': bunqueue('sqlite', 'server with a file'),
  'bunqueue-durable': bunqueue('durable', 'server, durable'),
  'bunqueue-embedded': bunqueue('embedded', 'embedded, in memory'),
  'backend-unbounded': {
    title: "BullMQ on Sluice's backend, no capacity",
    waitKey: 'bull:unbounded:wait',
    load: async () => (await import('./bounded-backend.ts')).openUnboundedBackend,
  },
  'backend-bounded': {
    title: "BullMQ on Sluice's backend, capacity",
    waitKey: 'bull:bounded:wait',
    load: async () => (await import('./bounded-backend.ts')).openBoundedBackend,
  },
  sluice: {
    title: 'Sluice',
    waitKey: 'bull:{put}:wait',
    load: async () => (await import('./sluice.ts')).openSluice,
  },
};

/** @throws Error when there is no such contender */
export function toContenderName(text: string): ContenderName {
  const name = contenderNames.find((known) => known === text);
  if (name === undefined) throw new Error(`no such contender: ${text}`);
  return name;
}

/** Those that need nothing but Redis and Node. */
export const redisContenderNames: readonly ContenderName[] = contenderNames.filter(
  (name) => !contenders[name].bunqueue,
);

export async function openContender(name: ContenderName, address: string): Promise<Contender> {
  const open = await contenders[name].load();
  return open(address);
}
