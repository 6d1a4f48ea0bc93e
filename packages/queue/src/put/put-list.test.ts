import { expect, it } from 'vitest';
import type { PendingPut } from './pending-put.ts';
import { PutList } from './put-list.ts';

const aPut = (since: number): PendingPut => ({ since }) as PendingPut;

it('keeps puts in the order of their arrival, whichever of them leave', () => {
  const list = new PutList<PendingPut>('arrivalLinks');
  const puts = [aPut(0), aPut(1), aPut(2), aPut(3), aPut(4)] as const;
  for (const put of puts) list.add(put);
  list.remove(puts[2]);
  list.remove(puts[0]);
  expect(list.first).toBe(puts[1]);
  list.remove(puts[4]);
  list.remove(puts[4]);
  const late = aPut(5);
  list.add(late);
  expect(list.takeAll()).toEqual([puts[1], puts[3], late]);
  expect(list.first).toBeUndefined();
});

it('leaves a put that is in two lists in the other one', () => {
  const arrivals = new PutList<PendingPut>('arrivalLinks');
  const deadlines = new PutList<PendingPut>('deadlineLinks');
  const put = aPut(0);
  arrivals.add(put);
  deadlines.add(put);
  arrivals.remove(put);
  expect(arrivals.first).toBeUndefined();
  expect(deadlines.first).toBe(put);
});

it('leaves no way from a put that left to those that came after it, as a collector follows it', () => {
  const list = new PutList<PendingPut>('arrivalLinks');
  const [first, second] = [aPut(0), aPut(1)];
  list.add(first);
  list.add(second);
  const links = first.arrivalLinks;
  list.remove(first);
  expect(links).toEqual({ previous: undefined, next: undefined });
  expect(first.arrivalLinks).toBeUndefined();
});
