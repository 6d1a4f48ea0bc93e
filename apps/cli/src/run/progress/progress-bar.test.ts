import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { ProgressBar } from './progress-bar.ts';
import type { Progress } from './progress.ts';

const snapshot: Progress = {
  done: 50,
  total: 100,
  failed: 1,
  ratePerSecond: 10,
  inFlight: 5,
  depth: 9,
  capacity: 10,
  waiting: 3,
  elapsedMs: 5_000,
};

function terminal(): PassThrough {
  return Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
}

it('draws a bar with all there is to say, and notes above it', () => {
  const stream = terminal();
  const bar = new ProgressBar(stream);
  bar.note('before');
  bar.start(snapshot);
  bar.note('worker 1 died');
  bar.update({ ...snapshot, done: 100 });
  bar.stop();
  const text = stripVTControlCharacters(String(stream.read()));
  expect(text).toMatch(/^before\n/);
  expect(text).toContain('50 % 50/100 · 10/s · 5 in flight · queue 9/10 · 3 waiting · 1 failed · ETA 5 s');
  expect(text).toMatch(/worker 1 died\n.*100 % 100\/100 .*\n$/);
});

it.each([80, 60, 40, 200])('fits %i columns, with its end', (columns) => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns });
  const bar = new ProgressBar(stream);
  const large = {
    done: 9_999_999,
    total: 12_345_678,
    failed: 1_234_567,
    inFlight: 1_000,
    depth: 100_000,
    capacity: 100_000,
  };
  bar.start({ ...snapshot, ...large, ratePerSecond: 2, waiting: 100_000 });
  bar.stop();
  const [line = ''] = stripVTControlCharacters(String(stream.read())).split('\n');
  expect(line.length).toBeLessThan(columns);
  expect(line).toMatch(/(?:^| )80 % /);
  expect(line).toMatch(/ · ETA 13 d 13 h$/);
});

it('draws no bar where the end is not known', () => {
  const stream = terminal();
  const bar = new ProgressBar(stream);
  bar.start({ ...snapshot, total: null });
  bar.stop();
  expect(stripVTControlCharacters(String(stream.read()))).toMatch(/^50\/\? · 10\/s/);
});
