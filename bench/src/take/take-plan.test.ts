import { describe, expect, it } from 'vitest';
import { baseCase, casesOf, caseTitle, defaultCases, jobsOf } from './take-plan.ts';

describe('the cases of take', () => {
  it('are a choice of ours when nothing was chosen', () => expect(casesOf({})).toBe(defaultCases));

  it('have titles of their own, by which they are told apart', () => {
    expect(new Set(defaultCases.map(caseTitle)).size).toBe(defaultCases.length);
  });

  it('are all combinations of what was chosen, and otherwise the base case', () => {
    expect(casesOf({ slots: [1, 10], result: [true, false] })).toEqual([
      { ...baseCase, slots: 1, result: true },
      { ...baseCase, slots: 1, result: false },
      { ...baseCase, slots: 10, result: true },
      { ...baseCase, slots: 10, result: false },
    ]);
    const all = casesOf({
      work: ['random'],
      payload: ['1 KB'],
      slots: [7],
      result: [true],
      retention: ['count'],
    });
    expect(all).toEqual([{ work: 'random', payload: '1 KB', slots: 7, result: true, retention: 'count' }]);
  });

  it('has fewer jobs when they run one after the other, and fewest when each takes time as well', () => {
    expect(jobsOf(baseCase, 1_000)).toBe(1_000);
    expect(jobsOf({ ...baseCase, slots: 1 }, 1_000)).toBe(200);
    expect(jobsOf({ ...baseCase, slots: 10, work: 'steady' }, 1_000)).toBe(50);
    expect(jobsOf({ ...baseCase, slots: 1 }, 1)).toBe(1);
  });
});
