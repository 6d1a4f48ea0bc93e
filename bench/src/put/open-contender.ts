import type { Contender, ContenderName, OpenContender } from './contender.ts';

/** Each is loaded only when it is its turn, so that a process holds nothing of the others. */
const openers: Readonly<Record<ContenderName, () => Promise<OpenContender>>> = {
  floor: async () => (await import('./contenders/floor.ts')).openFloor,
  bullmq: async () => (await import('./contenders/bullmq.ts')).openBullmq,
  'bee-queue': async () => (await import('./contenders/bee-queue.ts')).openBeeQueue,
  'backend-unbounded': async () => (await import('./contenders/bounded-backend.ts')).openUnboundedBackend,
  'backend-bounded': async () => (await import('./contenders/bounded-backend.ts')).openBoundedBackend,
  sluice: async () => (await import('./contenders/sluice.ts')).openSluice,
};

export async function openContender(name: ContenderName, socketPath: string): Promise<Contender> {
  const open = await openers[name]();
  return open(socketPath);
}
