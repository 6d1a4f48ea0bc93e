import { describe, expect, it } from 'vitest';
import { dueTimes } from './cadence.ts';
import { planIteration } from './plan-iteration.ts';

const HOUR = 3_600_000;
const times = dueTimes({ cadence: { everyMs: HOUR } });
const at = (hour: number): number => hour * HOUR;

describe('an iteration that is taken', () => {
  it.each(['skip', 'one', { all: 3 }] as const)(
    'in time runs, and the next one is due an hour later (%j)',
    (catchUp) => {
      expect(planIteration(times, catchUp, at(10), at(10) + 5)).toEqual({ runs: true, nextMs: at(11) });
      expect(planIteration(times, catchUp, at(10), at(11) - 1)).toEqual({ runs: true, nextMs: at(11) });
    },
  );

  it.each([
    ['skip', { runs: false, nextMs: at(14) }],
    ['one', { runs: true, nextMs: at(14) }],
    [{ all: 9 }, { runs: true, nextMs: at(11) }],
    [{ all: 4 }, { runs: true, nextMs: at(11) }],
    [{ all: 3 }, { runs: false, nextMs: at(11) }],
    [{ all: 1 }, { runs: false, nextMs: at(13) }],
  ] as const)('three and a half hours late goes by %j', (catchUp, plan) => {
    expect(planIteration(times, catchUp, at(10), at(13.5))).toEqual(plan);
  });

  it('is the last one where the end comes before the next', () => {
    const ending = dueTimes({ cadence: { everyMs: HOUR }, endAtMs: at(10) });
    expect(planIteration(ending, 'one', at(10), at(20))).toEqual({ runs: true, nextMs: null });
  });
});
