import { roomyCapacity } from '../put/contender.ts';
import { boundedCapacity, type CrewContender, type CrewSides } from './crew-contender.ts';

/** Each is loaded only when it is its turn, so that a process holds nothing of the others. */
const sides: Readonly<Record<CrewContender, () => Promise<CrewSides>>> = {
  bullmq: async () => (await import('./contenders/bullmq.ts')).bullmqSides,
  sluice: async () => (await import('./contenders/sluice.ts')).sluiceSides(roomyCapacity),
  'sluice-bounded': async () => (await import('./contenders/sluice.ts')).sluiceSides(boundedCapacity),
};

export function openSides(contender: CrewContender): Promise<CrewSides> {
  return sides[contender]();
}
