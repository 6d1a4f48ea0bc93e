import { expect, it } from 'vitest';
import { LineNumberSet } from './line-number-set.ts';

it('holds what a Set holds', () => {
  const lines = new LineNumberSet();
  const model = new Set<number>();
  for (let step = 0, line = 1; step < 5_000; step += 1, line = (line * 7_919) % 1_000_003) {
    expect(lines.add(line)).toBe(!model.has(line));
    model.add(line);
  }
  for (let line = 1; line < 100_000; line += 1) expect(lines.has(line)).toBe(model.has(line));
  expect(lines.size).toBe(model.size);
});
