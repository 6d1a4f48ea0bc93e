import { expect, it } from 'vitest';
import { runExample } from '../run-example.ts';

it('schedules: a worker sets those of its definition, and an operator pauses one', { timeout: 70_000 }, async () => {
  const lines = await runExample('examples/schedules/schedules.ts');
  expect(lines.slice(0, 2)).toEqual(['report: pulse', 'report: pulse']);
  expect(lines.slice(-3)).toEqual([
    'nightly (active): 30 2 * * *',
    'pulse (paused): every 1000 ms',
    'nightly comes again: true',
  ]);
});
