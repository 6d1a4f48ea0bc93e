import { expect, it } from 'vitest';
import { slotsFreedLate } from './measure-hung.ts';

it('a slot is late by what lies between its due end and the next start', () => {
  expect(slotsFreedLate([0, 305, 612], 1, 300)).toEqual([5, 7]);
});

it('with several slots each next job is measured against the one whose slot it got', () => {
  expect(slotsFreedLate([0, 10, 301, 312], 2, 300)).toEqual([1, 2]);
});

it('the first jobs waited for no slot', () => expect(slotsFreedLate([0, 1], 2, 300)).toEqual([]));
