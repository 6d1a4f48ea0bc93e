import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../run/run-options.ts';
import { checkSummary, renderSummary } from './summary.ts';

const good: RunSummary = {
  lines: 416,
  fetched: 402,
  failed: 14,
  timedOut: 3,
  retryable: 0,
  limits: [],
  retried: 6,
  alreadyDone: 0,
  givenUp: 0,
  highestDepth: 50,
  capacity: 50,
  waits: { count: 200, totalMs: 50_000, longestMs: 1_234 },
  workers: 2,
  out: '/tmp/demo/results.ndjson',
  elapsedMs: 6_500,
  interrupted: false,
  resumable: true,
};

describe('checkSummary', () => {
  it('passes a run whose pages ended as meant, with a full queue and producers that waited', () => {
    expect(checkSummary(good, [])).toEqual({ passed: true, problems: [] });
  });

  it.each([
    ['a page that ended otherwise', good, ['a page ended otherwise'], 'ended otherwise'],
    ['a queue that was never full', { ...good, highestDepth: 49 }, [], 'reached 49 instead of exactly 50'],
    ['a queue that was over its bound', { ...good, highestDepth: 51 }, [], 'reached 51 instead of exactly 50'],
    ['producers that never waited', { ...good, waits: { count: 0, totalMs: 0, longestMs: 0 } }, [], 'ever had to wait'],
    ['an interrupted run', { ...good, interrupted: true }, [], 'interrupted'],
  ])('does not pass %s', (_, summary, differences, problem) => {
    const check = checkSummary(summary, differences);
    expect(check.passed).toBe(false);
    expect(check.problems).toEqual([expect.stringContaining(problem)]);
  });
});

describe('renderSummary', () => {
  const text = renderSummary(good, checkSummary(good, []));

  it.each([
    ['fetched', '402 of 416 pages'],
    ['failed', '14'],
    ['timed out', '3'],
    ['retried', '6'],
    ['depth', '50 at the highest, of a capacity of 50'],
    ['waited', 'producers waited 200 times for capacity, 0.25 s on average, 1.23 s at most'],
    ['took', '6.50 s with 2 worker processes'],
    ['results', '/tmp/demo/results.ndjson'],
  ])('says %s', (name, value) => {
    expect(text).toMatch(new RegExp(`^ {2}${name} +${value}`, 'm'));
  });

  it('says that every page ended as meant only when it is so', () => {
    expect(text).toContain('Every result is as expected.');
    expect(renderSummary(good, checkSummary(good, ['page 7 did not']))).not.toContain('Every page');
  });

  it('names the first problems and counts the rest', () => {
    const differences = Array.from({ length: 13 }, (_, index) => `page ${index + 1} did not`);
    const rendered = renderSummary(good, checkSummary(good, differences));
    expect(rendered).toContain('- page 10 did not');
    expect(rendered).not.toContain('page 11');
    expect(rendered).toContain('- and 3 more');
  });

  it('shows no average where nobody waited', () => {
    const idle = { ...good, waits: { count: 0, totalMs: 0, longestMs: 0 } };
    expect(renderSummary(idle, checkSummary(idle, []))).toContain('0 times for capacity, 0.00 s on average');
  });
});
