import { expect, it } from 'vitest';
import { HostPauses } from './host-pauses.ts';

function pausesAt(longestMs: number) {
  const clock = { ms: 5_000 };
  return { clock, pauses: new HostPauses({ longestMs, now: () => clock.ms }) };
}

it('leaves a host alone for as long as it asked, and no other', () => {
  const { clock, pauses } = pausesAt(10_000);
  expect(pauses.add('a', 7_000)).toBe(true);
  expect([pauses.remainingMs('a'), pauses.remainingMs('b')]).toEqual([7_000, 0]);
  clock.ms += 7_000;
  expect(pauses.remainingMs('a')).toBe(0);
});

it('counts from the first refusal that no answer followed', () => {
  const { clock, pauses } = pausesAt(10_000);
  expect(pauses.add('a', 7_000)).toBe(true);
  clock.ms += 7_000;
  expect(pauses.add('a', 4_000)).toBe(false);
  expect(pauses.isTooLong('a')).toBe(true);

  expect(pauses.add('b', 7_000)).toBe(true);
  clock.ms += 7_000;
  pauses.answered('b');
  expect(pauses.add('b', 4_000)).toBe(true);
});

it('keeps the pause when an answer to an earlier request comes late', () => {
  const { pauses } = pausesAt(10_000);
  pauses.add('a', 7_000);
  pauses.answered('a');
  expect(pauses.remainingMs('a')).toBe(7_000);
});
