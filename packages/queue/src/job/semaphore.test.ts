import { describe, expect, it } from 'vitest';
import { Semaphore } from './semaphore.ts';

const patient = new AbortController().signal;

describe('a semaphore', () => {
  it('gives permits in the order of asking, one for each that is released', async () => {
    const semaphore = new Semaphore(1);
    const given: string[] = [];
    const first = await semaphore.acquire(patient);
    const others = ['b', 'c'].map(async (name) => {
      const release = await semaphore.acquire(patient);
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
    const release = await semaphore.acquire(patient);
    const impatience = new AbortController();
    const gone = semaphore.acquire(impatience.signal);
    const next = semaphore.acquire(patient);
    impatience.abort(new Error('no patience'));
    await expect(gone).rejects.toThrow('no patience');
    release();
    await expect(next).resolves.toBeTypeOf('function');
    await expect(semaphore.acquire(impatience.signal)).rejects.toThrow('no patience');
  });
});
