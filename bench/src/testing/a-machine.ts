import type { Machine } from '../machine.ts';

/** The machine of figures that are made up. */
export const aMachine: Machine = {
  cpu: 'a cpu',
  cores: 2,
  memoryGiB: 8,
  system: 'Linux',
  node: '24',
  redis: '7',
  loadBefore: 0,
  libraries: {},
};
