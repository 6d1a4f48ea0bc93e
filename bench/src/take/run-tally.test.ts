import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { RunTally } from './run-tally.ts';

const handledAll = (tally: RunTally, ...jobs: number[]): RunTally => {
  for (const n of jobs) tally.handle(n);
  for (const _ of jobs) tally.complete();
  return tally;
};

describe('the tally of a run', () => {
  it('is done when every job was handled and completed', async () => {
    await expect(handledAll(new RunTally(3), 2, 0, 1).all()).resolves.toBeUndefined();
  });

  it('is not done before the last one is completed', async () => {
    const tally = new RunTally(2);
    tally.handle(0);
    tally.handle(1);
    tally.complete();
    const onDone = vi.fn();
    const done = tally.all().then(onDone);
    await turn();
    expect(onDone).not.toHaveBeenCalled();
    tally.complete();
    await done;
  });

  it('fails when a job ran twice', async () => {
    await expect(handledAll(new RunTally(2), 1, 1).all()).rejects.toThrow('job 1 ran twice');
  });

  it('fails when a job never ran, though as many were completed as there are', async () => {
    const tally = new RunTally(2);
    tally.handle(0);
    tally.complete();
    tally.complete();
    await expect(tally.all()).rejects.toThrow('job 1 never ran');
  });

  it('fails when there is no such job', async () => {
    await expect(handledAll(new RunTally(2), 2).all()).rejects.toThrow('there is no job 2');
  });
});
