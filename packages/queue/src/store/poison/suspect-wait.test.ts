import { expect, it } from 'vitest';
import { type SuspectLook, suspectWait } from './suspect-wait.ts';

const served: SuspectLook = { pools: 1, isPaused: false, groupsAhead: 0 };

it.each([
  [{}, 'idle-process'],
  [{ groupsAhead: 2 }, 'earlier-groups'],
  [{ pools: 0, groupsAhead: 2 }, 'worker'],
  [{ pools: 0, isPaused: true }, 'resume'],
] as const)('a crash suspect under %j waits for %s', (look, waitsFor) => {
  expect(suspectWait({ ...served, ...look })).toBe(waitsFor);
});
