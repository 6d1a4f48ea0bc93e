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
