import { expect, it } from 'vitest';
import { RequestIds } from './admission-client.ts';

it('gives a slot to one call at a time, and numbers that grow', () => {
  const ids = new RequestIds('k');
  const [first, second] = [ids.acquire(), ids.acquire()];
  expect([first.slot, second.slot]).toEqual(['k:1', 'k:2']);
  ids.release(first);
  const third = ids.acquire();
  expect(third.slot).toBe('k:1');
  expect([first.number, second.number, third.number]).toEqual([1, 2, 3]);
  expect(ids.keys).toEqual(['k:1', 'k:2']);
  expect(ids.inFlight).toBe(2);
  for (const id of [second, third]) ids.release(id);
  expect(ids.inFlight).toBe(0);
});
