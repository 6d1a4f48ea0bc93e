import { describe, expect, it } from 'vitest';
import { Permits } from './permits.ts';

const patient = new AbortController().signal;

describe('permits', () => {
  it('are given in the order of asking, one for each that comes back', async () => {
    const permits = new Permits(1);
    const given: string[] = [];
    const first = await permits.take(patient);
    const others = ['b', 'c'].map(async (name) => {
      const giveBack = await permits.take(patient);
      given.push(name);
      return giveBack;
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

  it('are not lost with somebody who no longer waits', async () => {
    const permits = new Permits(1);
    const giveBack = await permits.take(patient);
    const impatience = new AbortController();
    const gone = permits.take(impatience.signal);
    const next = permits.take(patient);
    impatience.abort(new Error('no patience'));
    await expect(gone).rejects.toThrow('no patience');
    giveBack();
    await expect(next).resolves.toBeTypeOf('function');
    await expect(permits.take(impatience.signal)).rejects.toThrow('no patience');
  });
});
