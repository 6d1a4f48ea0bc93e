import { expect, it } from 'vitest';
import { summaryText } from './summary-text.ts';

it('says how a run ended', () => {
  const text = summaryText({
    lines: 1_000,
    fetched: 990,
    failed: 10,
    timedOut: 4,
    retryable: 0,
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
  });
  expect(text).toBe(
    [
      'results  1,000, 400 of them from before',
      'fetched  990',
      'failed   10, 4 of them timed out',
      'retried  12',
      'queue    at most 50 of 50, 2 workers',
      'waits    500 puts waited for room, 0.1 s on average, 1.2 s at most',
      'took     1 min 23 s',
      'written  out.ndjson',
      '',
    ].join('\n'),
  );
});
