import { describe, expect, it } from 'vitest';
import { didYouMean } from './did-you-mean.ts';

const known = ['SLUICE_CAPACITY', 'SLUICE_CONCURRENCY', 'SLUICE_QUEUE'];

describe('didYouMean', () => {
  it.each([
    ['SLUICE_CAPACTY', 'SLUICE_CAPACITY'],
    ['SLUICE_CAPASITY', 'SLUICE_CAPACITY'],
    ['SLUICE_CONCURENCY', 'SLUICE_CONCURRENCY'],
    ['SLUICE_QUEUES', 'SLUICE_QUEUE'],
  ])('finds what %s was meant to be', (name, meant) => {
    expect(didYouMean(name, known)).toBe(meant);
  });

  it.each(['SLUICE_WAREHOUSE', 'X', ''])('has no guess for %j', (name) => {
    expect(didYouMean(name, known)).toBeNull();
  });
});
