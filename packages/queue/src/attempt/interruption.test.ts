import { beforeEach, describe, expect, it } from 'vitest';
import { type Interruptible, Interruption, noPlace } from './interruption.ts';

const reason = new Error('shutting down');
let told: string[];
let interruption: Interruption;

beforeEach(() => {
  told = [];
  interruption = new Interruption();
});

function run(name: string, removesItself = false): Interruptible {
  const one: Interruptible = {
    place: noPlace,
    interrupt: () => {
      told.push(name);
      if (removesItself) interruption.remove(one);
    },
  };
  return one;
}

describe('an interruption', () => {
  it('reaches each that was added and not removed, once', () => {
    const runs = ['a', 'b', 'c', 'd', 'e'].map((name) => run(name));
    for (const one of runs) interruption.add(one);
    for (const index of [1, 4, 1, 0]) interruption.remove(runs[index] ?? expect.unreachable());
    interruption.raise(reason);
    expect(told.toSorted()).toEqual(['c', 'd']);
  });

  it('leaves none out when some leave while they are told', () => {
    for (const name of ['a', 'b', 'c', 'd']) interruption.add(run(name, name < 'd'));
    interruption.raise(reason);
    expect(told.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('reaches those that come later, too, and keeps its first reason', () => {
    interruption.raise(reason);
    interruption.raise(new Error('again'));
    interruption.add(run('late'));
    expect(told).toEqual(['late']);
    expect(interruption.reason).toBe(reason);
  });
});
