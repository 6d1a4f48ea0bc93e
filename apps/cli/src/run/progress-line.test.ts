import { describe, expect, it } from 'vitest';
import { describeSeconds, progressLine } from './progress-line.ts';
import type { Progress } from './progress.ts';

const progress: Progress = {
  done: 1_200,
  total: 3_000,
  failed: 7,
  ratePerSecond: 20,
  inFlight: 18,
  depth: 50,
  capacity: 50,
  waiting: 100,
  elapsedMs: 60_000,
};

describe('progressLine', () => {
  it('says all there is to say in one line', () => {
    expect(progressLine(progress)).toBe(
      '1,200/3,000 · 20/s · 18 in flight · queue 50/50 · 100 waiting · 7 failed · ETA 2 min',
    );
  });

  it('promises nothing about a stream', () => {
    expect(progressLine({ ...progress, total: null, ratePerSecond: 0.5 })).toBe(
      '1,200/? · 0.5/s · 18 in flight · queue 50/50 · 100 waiting · 7 failed',
    );
  });

  it('knows no end while nothing moves', () => {
    expect(progressLine({ ...progress, ratePerSecond: 0 })).toContain('ETA ?');
  });
});

it.each([
  [0, '0 s'],
  [59.2, '60 s'],
  [61, '2 min'],
  [3_700, '1 h 02 min'],
])('writes %d seconds as %s', (seconds, text) => expect(describeSeconds(seconds)).toBe(text));
