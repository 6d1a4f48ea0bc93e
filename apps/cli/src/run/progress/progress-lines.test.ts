import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { ProgressLines } from './progress-lines.ts';
import type { Progress } from './progress.ts';

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
