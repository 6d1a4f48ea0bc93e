import { expect, it } from 'vitest';
import { RunLanes } from './run-lanes.ts';

it('gives a lane to one run at a time, and numbers that grow', () => {
  const lanes = new RunLanes('k');
  const [first, second] = [lanes.enter(), lanes.enter()];
  expect([first.lane, second.lane]).toEqual(['k:1', 'k:2']);
  lanes.leave(first);
  const third = lanes.enter();
  expect(third.lane).toBe('k:1');
  expect([first.number, second.number, third.number]).toEqual([1, 2, 3]);
  expect(lanes.keys).toEqual(['k:1', 'k:2']);
  expect(lanes.busy).toBe(2);
  for (const run of [second, third]) lanes.leave(run);
  expect(lanes.busy).toBe(0);
});
