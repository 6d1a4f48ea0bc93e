import type { Contender, OpenContender } from '../contender.ts';

export const contenderNames = [
  'floor',
  'bullmq',
  'bee-queue',
  'backend-unbounded',
  'backend-bounded',
  'sluice',
] as const;
export type ContenderName = (typeof contenderNames)[number];

interface KnownContender {
  readonly title: string;
  /** The list in which its jobs wait: where the bench counts what has arrived. */
  readonly waitKey: string;
  /** Loads it. Only the process that measures it does, so that the process holds nothing of the others. */
  readonly load: () => Promise<OpenContender>;
}

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

export async function openContender(name: ContenderName, socketPath: string): Promise<Contender> {
  const open = await contenders[name].load();
  return open(socketPath);
}
