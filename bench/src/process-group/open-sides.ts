import { roomyCapacity } from '../put/contender.ts';
import { boundedCapacity, type GroupContender, type GroupSides } from './group-contender.ts';

/** Each is loaded only when it is its turn, so that a process holds nothing of the others. */
const sides: Readonly<Record<GroupContender, () => Promise<GroupSides>>> = {
  bullmq: async () => (await import('./contenders/bullmq.ts')).bullmqSides,
  sluice: async () => (await import('./contenders/sluice.ts')).sluiceSides(roomyCapacity),
  'sluice-bounded': async () => (await import('./contenders/sluice.ts')).sluiceSides(boundedCapacity),
};

export function openSides(contender: GroupContender): Promise<GroupSides> {
  return sides[contender]();
}
