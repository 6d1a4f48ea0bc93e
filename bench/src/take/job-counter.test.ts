import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { JobCounter } from './job-counter.ts';

const handledAll = (counter: JobCounter, ...jobs: number[]): JobCounter => {
  for (const n of jobs) counter.handle(n);
  for (const _ of jobs) counter.complete();
  return counter;
};

describe('the counter of a run', () => {
  it('is done when every job was handled and completed', async () => {
    await expect(handledAll(new JobCounter(3), 2, 0, 1).all()).resolves.toBeUndefined();
  });

  it('is not done before the last one is completed', async () => {
    const counter = new JobCounter(2);
    counter.handle(0);
    counter.handle(1);
    counter.complete();
    const onDone = vi.fn();
    const done = counter.all().then(onDone);
    await turn();
    expect(onDone).not.toHaveBeenCalled();
    counter.complete();
    await done;
  });

  it('fails when a job ran twice', async () => {
    await expect(handledAll(new JobCounter(2), 1, 1).all()).rejects.toThrow('job 1 ran twice');
  });

  it('fails when a job never ran, though as many were completed as there are', async () => {
    const counter = new JobCounter(2);
    counter.handle(0);
    counter.complete();
    counter.complete();
    await expect(counter.all()).rejects.toThrow('job 1 never ran');
  });

  it('fails when there is no such job', async () => {
    await expect(handledAll(new JobCounter(2), 2).all()).rejects.toThrow('there is no job 2');
  });
});
