import { expect, it } from 'vitest';
import { producerDefaults } from '../defaults.ts';
import { PollPace } from './poll-pace.ts';

const longest = () => 1;
const shortest = () => 0;

it('looks again soon while room is being found', () => {
  const pace = new PollPace(longest);
  pace.saw(true);
  expect(pace.nextMs()).toBe(producerDefaults.pollMinMs);
});

it('waits twice as long after each look that found none, up to its bound', () => {
  const pace = new PollPace(longest);
  const pauses = Array.from({ length: 8 }, () => {
    pace.saw(false);
    return pace.nextMs();
  });
  expect(pauses.slice(0, 3)).toEqual([10, 20, 40]);
  expect(pauses.at(-1)).toBe(producerDefaults.pollMaxMs);
});

it('is soon again as soon as there was room', () => {
  const pace = new PollPace(longest);
  for (let i = 0; i < 8; i += 1) pace.saw(false);
  pace.saw(true);
  expect(pace.nextMs()).toBe(producerDefaults.pollMinMs);
});

it('never pauses less than half of what it could', () => {
  const pace = new PollPace(shortest);
  expect(pace.nextMs()).toBe(producerDefaults.pollMinMs / 2);
});
