import { describe, expect, it } from 'vitest';
import { describePlan } from './describe-plan.ts';
import { makePlan, type PlanOptions } from './make-plan.ts';

const options: PlanOptions = { seed: 7, durationMs: 180_000, producers: 3, workers: 3, operators: 1 };

describe('a plan', () => {
  it('is the same for the same seed, and different for another seed', () => {
    expect(makePlan(options)).toEqual(makePlan(options));
    expect(makePlan({ ...options, seed: 8 })).not.toEqual(makePlan(options));
  });

  it('plans the same faults for a target when other targets join', () => {
    const ofFirst = (plan: PlanOptions) => makePlan(plan).filter(({ target }) => target === 'worker1');
    expect(ofFirst({ ...options, workers: 9, producers: 1, operators: 2 })).toEqual(ofFirst(options));
  });

  it('is in order, has one fault at a time for each target, and ends in time', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const plan = makePlan({ ...options, seed });
      expect(plan).toEqual(plan.toSorted((a, b) => a.atMs - b.atMs));
      for (const course of Map.groupBy(plan, ({ target }) => target).values()) {
        const gaps = course.map((fault, index) => (course[index + 1]?.atMs ?? 180_000) - fault.atMs - fault.forMs);
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it('has every kind of fault for every target, some longer than a ticket, a lease or a resend lasts', () => {
    const plans = Array.from({ length: 20 }, (_, seed) => makePlan({ ...options, seed })).flat();
    const done = (target: string): string[] => [
      ...new Set(plans.filter((fault) => fault.target.startsWith(target)).map(({ kind }) => kind)),
    ];
    expect(done('producer').toSorted()).toEqual(['cut', 'drop', 'exit', 'kill', 'stall', 'stop']);
    expect(done('worker').toSorted()).toEqual(['cut', 'drop', 'exit', 'kill', 'stall', 'stop']);
    expect(done('redis').toSorted()).toEqual(['exit', 'kill', 'stop']);
    const longest = (target: string): number =>
      Math.max(...plans.filter((fault) => fault.target.startsWith(target)).map(({ forMs }) => forMs));
    expect(longest('producer')).toBeGreaterThan(10_000);
    expect(longest('worker')).toBeGreaterThan(7_000);
    expect(longest('redis')).toBeGreaterThan(7_000);
  });

  it('is described in one line for each fault', () => {
    const plan = makePlan(options);
    const lines = describePlan(plan).split('\n');
    expect(lines).toHaveLength(plan.length);
    expect(describePlan([{ atMs: 8_200, kind: 'stop', target: 'worker1', forMs: 7_000 }])).toBe(
      '   8.2 s  SIGSTOP worker1 for 7.0 s',
    );
  });
});
