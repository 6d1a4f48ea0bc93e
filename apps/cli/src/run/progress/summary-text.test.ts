import { expect, it } from 'vitest';
import type { RunSummary } from '../run-options.ts';
import { summaryText } from './summary-text.ts';

const summary: RunSummary = {
  lines: 1_000,
  fetched: 990,
  failed: 10,
  timedOut: 4,
  retryable: 0,
  limits: [],
  retried: 12,
  alreadyDone: 400,
  givenUp: 0,
  highestDepth: 50,
  capacity: 50,
  waits: { count: 500, totalMs: 50_000, longestMs: 1_234 },
  workers: 2,
  out: 'out.ndjson',
  elapsedMs: 83_000,
  interrupted: false,
  resumable: true,
};

it('says how a run ended', () => {
  expect(summaryText(summary)).toBe(
    [
      'results  1,000, 400 of them from before',
      'fetched  990',
      'failed   10, 4 of them timed out',
      'retried  12',
      'queue    at most 50 of 50, 2 workers',
      'waits    500 puts waited for capacity, 0.1 s on average, 1.2 s at most',
      'took     1 min 23 s',
      'written  out.ndjson',
      '',
    ].join('\n'),
  );
});

it('says what held the run back', () => {
  const limits = [
    { by: '--per-host 8', share: 0.914 },
    { by: '--capacity 50', share: 0.1 },
  ];
  expect(summaryText({ ...summary, limits })).toContain(
    'limited  by --per-host 8 for 91 % of the time, --capacity 50 for 10 % of the time\n',
  );
});
