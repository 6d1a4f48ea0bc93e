import { expect, it } from 'vitest';
import { RefusalCounts } from './refusal-counts.ts';

it('counts the refusals of each job, until it has ended', () => {
  const counts = new RefusalCounts();
  expect([counts.add('a'), counts.add('a'), counts.add('b')]).toEqual([1, 2, 1]);
  counts.forget('a');
  expect(counts.add('a')).toBe(1);
});

it('forgets the job that it has not heard of for the longest when there are too many', () => {
  const counts = new RefusalCounts({ jobsMax: 2 });
  for (const job of ['a', 'b', 'a', 'c']) counts.add(job);
  expect(counts.add('a')).toBe(3);
  expect(counts.add('b')).toBe(1);
});
