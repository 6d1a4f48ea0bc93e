import { beforeEach, describe, expect, it } from 'vitest';
import { type Interruptible, AbortRegistry, NOT_LISTED } from './abort-registry.ts';

const reason = new Error('shutting down');
let aborted: string[];
let aborts: AbortRegistry;

beforeEach(() => {
  aborted = [];
  aborts = new AbortRegistry();
});

function run(name: string, removesItself = false): Interruptible {
  const one: Interruptible = {
    index: NOT_LISTED,
    interrupt: () => {
      aborted.push(name);
      if (removesItself) aborts.remove(one);
    },
  };
  return one;
}

describe('an interruption', () => {
  it('reaches each that was added and not removed, once', () => {
    const runs = ['a', 'b', 'c', 'd', 'e'].map((name) => run(name));
    for (const one of runs) aborts.add(one);
    for (const index of [1, 4, 1, 0]) aborts.remove(runs[index] ?? expect.unreachable());
    aborts.abortAll(reason);
    expect(aborted.toSorted()).toEqual(['c', 'd']);
  });

  it('aborts all of them, also when some leave meanwhile', () => {
    for (const name of ['a', 'b', 'c', 'd']) aborts.add(run(name, name < 'd'));
    aborts.abortAll(reason);
    expect(aborted.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('reaches those that come later, too, and keeps its first reason', () => {
    aborts.abortAll(reason);
    aborts.abortAll(new Error('again'));
    aborts.add(run('late'));
    expect(aborted).toEqual(['late']);
    expect(aborts.reason).toBe(reason);
  });
});
