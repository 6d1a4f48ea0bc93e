import { describe, expect, it } from 'vitest';
import { ClientShares } from './client-shares.ts';

describe('shares of clients', () => {
  it('gives each client its own, however much others hold', () => {
    const shares = new ClientShares({ mostOfOne: 2 });
    expect([shares.take('a'), shares.take('a'), shares.take('a')]).toEqual([
      expect.any(Function),
      expect.any(Function),
      undefined,
    ]);
    expect(shares.take('b')).toBeDefined();
  });

  it('gives all of them together no more than there is', () => {
    const shares = new ClientShares({ most: 2, mostOfOne: 2 });
    shares.take('a');
    shares.take('b');
    expect(shares.take('c')).toBeUndefined();
  });

  it('takes back each one once', () => {
    const shares = new ClientShares({ most: 2, mostOfOne: 2 });
    const giveBack = shares.take('a');
    shares.take('a');
    giveBack?.();
    giveBack?.();
    expect(shares.take('a')).toBeDefined();
    expect(shares.take('a')).toBeUndefined();
    expect(shares.take('b')).toBeUndefined();
  });
});
