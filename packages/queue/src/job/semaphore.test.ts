import { describe, expect, it } from 'vitest';
import { Semaphore } from './semaphore.ts';

const neverAborted = new AbortController().signal;

describe('a semaphore', () => {
  it('gives permits in the order of asking, one for each that is released', async () => {
    const semaphore = new Semaphore(1);
    const given: string[] = [];
    const first = await semaphore.acquire(neverAborted);
    const others = ['b', 'c'].map(async (name) => {
      const release = await semaphore.acquire(neverAborted);
      given.push(name);
      return release;
    });
    first();
    const second = await others[0];
    first();
    await Promise.resolve();
    expect(given).toEqual(['b']);
    second?.();
    await others[1];
    expect(given).toEqual(['b', 'c']);
  });

  it('loses no permit to a caller that no longer waits', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire(neverAborted);
    const aborting = new AbortController();
    const gone = semaphore.acquire(aborting.signal);
    const next = semaphore.acquire(neverAborted);
    aborting.abort(new Error('too long'));
    await expect(gone).rejects.toThrow('too long');
    release();
    await expect(next).resolves.toBeTypeOf('function');
    await expect(semaphore.acquire(aborting.signal)).rejects.toThrow('too long');
  });
});
