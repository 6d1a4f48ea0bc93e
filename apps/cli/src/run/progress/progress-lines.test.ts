import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { describeSeconds, progressLine, ProgressLines } from './progress-lines.ts';
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

  it.each([
    [79, '1,200/3,000 · 20/s · 18 in flight · queue 50/50 · 7 failed · ETA 2 min'],
    [60, '1,200/3,000 · 20/s · 18 in flight · 7 failed · ETA 2 min'],
    [32, '1,200/3,000 · ETA 2 min'],
    [20, '1.2K/3K · ETA 2 min'],
  ])('leaves out what says least to fit %i characters', (most, line) => {
    expect(progressLine(progress, most)).toBe(line);
  });

  it.each([90, 80, 70, 60, 50, 40, 30])('has its end within %i characters, however large the numbers', (most) => {
    const large = {
      done: 8_888_888,
      total: 9_999_999,
      failed: 888_888,
      waiting: 99_999,
      depth: 99_999,
      capacity: 99_999,
    };
    const line = progressLine({ ...progress, ...large, inFlight: 9_999 }, most);
    expect(line.length).toBeLessThanOrEqual(most);
    expect(line).toMatch(/ · ETA 15 h 26 min$/);
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
  [200_000, '2 d 7 h'],
])('writes %d seconds as %s', (seconds, text) => expect(describeSeconds(seconds)).toBe(text));

const at = (elapsedMs: number, done: number): Progress => ({
  done,
  total: 100,
  failed: 0,
  ratePerSecond: 1,
  inFlight: 0,
  depth: 0,
  capacity: 10,
  waiting: 0,
  elapsedMs,
});

it('prints a line at the start, one every five seconds, and one at the end', () => {
  const stream = new PassThrough();
  const lines = new ProgressLines(stream);
  lines.start(at(0, 0));
  for (let second = 1; second <= 11; second += 1) lines.update(at(second * 1_000, second));
  lines.note('a worker died');
  lines.stop();
  const printed = String(stream.read()).trimEnd().split('\n');
  expect(printed.map((line) => line.split('/')[0])).toEqual(['0', '5', '10', 'a worker died', '11']);
});

it('prints no line of more than 80 characters', () => {
  const stream = new PassThrough();
  const lines = new ProgressLines(stream);
  lines.start({ ...at(0, 900_000), total: 1_000_000, waiting: 10_000, depth: 1_000, capacity: 1_000, failed: 12_345 });
  const line = String(stream.read()).trimEnd();
  expect(line.length).toBeLessThanOrEqual(80);
  expect(line).toMatch(/^900,000\/1,000,000 · .* · ETA 27 h 47 min$/);
});
