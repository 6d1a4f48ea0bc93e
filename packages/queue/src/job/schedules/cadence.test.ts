import { describe, expect, it } from 'vitest';
import { type Cadence, type CadenceWithin, cronProblem, dueTimes, isTimeZone } from './cadence.ts';

function next(count: number, within: CadenceWithin, from: string): string[] {
  const times = dueTimes(within);
  const found: string[] = [];
  for (let at = times.after(Date.parse(from)); at !== null && found.length < count; at = times.after(at)) {
    found.push(new Date(at).toISOString().replace(/:00\.000Z$/, 'Z'));
  }
  return found;
}

const cron = (expression: string, timeZone: string): { cadence: Cadence } => ({
  cadence: { cron: expression, timeZone },
});

describe('a cron time that a clock change leaves out', () => {
  it.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:30Z']],
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:30Z']],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', ['2026-10-03T15:30Z', '2026-10-04T15:15Z']],
    ['0 0 * * *', 'America/Santiago', '2026-09-05T12:00Z', ['2026-09-06T04:00Z', '2026-09-07T03:00Z']],
  ])('is the moment of the change: %s in %s', (expression, zone, from, times) => {
    expect(next(2, cron(expression, zone), from)).toEqual(times);
  });

  it('is left out by a step, as the hour is: no run is doubled', () => {
    const times = ['2026-03-29T00:30Z', '2026-03-29T01:00Z', '2026-03-29T01:30Z'];
    expect(next(3, cron('*/30 * * * *', 'Europe/Berlin'), '2026-03-29T00:20Z')).toEqual(times);
  });
});

describe('a cron time that a clock change brings twice', () => {
  it.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', ['2026-11-01T05:30Z', '2026-11-02T06:30Z']],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00Z', ['2026-04-04T14:45Z', '2026-04-05T15:15Z']],
  ])('is the first of the two: %s in %s', (expression, zone, from, times) => {
    expect(next(2, cron(expression, zone), from)).toEqual(times);
  });

  it('is both for every hour', () => {
    const times = ['2026-11-01T05:00Z', '2026-11-01T06:00Z', '2026-11-01T07:00Z'];
    expect(next(3, cron('0 * * * *', 'America/New_York'), '2026-11-01T04:30Z')).toEqual(times);
  });
});

describe('a regular time', () => {
  it('is a multiple since 1970, so that all processes agree', () => {
    const within = { cadence: { everyMs: 300_000 } };
    expect(next(2, within, '2026-01-01T10:02Z')).toEqual(['2026-01-01T10:05Z', '2026-01-01T10:10Z']);
  });

  it('counts from the start, and ends with the end', () => {
    const startAtMs = Date.parse('2026-01-01T10:02Z');
    const within = { cadence: { everyMs: 300_000 }, startAtMs, endAtMs: startAtMs + 300_000 };
    expect(next(9, within, '2025-01-01T00:00Z')).toEqual(['2026-01-01T10:02Z', '2026-01-01T10:07Z']);
  });
});

describe('the last times', () => {
  it.each([
    [cron('0 9 * * *', 'Europe/Berlin').cadence, ['2026-03-28T08:00Z', '2026-03-29T07:00Z']],
    [{ everyMs: 86_400_000 }, ['2026-03-28T00:00Z', '2026-03-29T00:00Z']],
  ])('up to one are found backwards: %j', (cadence, expected) => {
    const found = dueTimes({ cadence }).lastUpTo(Date.parse('2026-03-29T07:00Z'), 2);
    expect(found.map((ms) => new Date(ms).toISOString().replace(':00.000', ''))).toEqual(expected);
  });
});

describe('a cron expression', () => {
  it.each(['*/5 * * * *', '30 0 9 * * MON-FRI', '@daily', '0 0 L * *', '0 0 29 2 *'])('may be %s', (expression) => {
    expect(cronProblem(expression, 'Europe/Berlin')).toBeNull();
  });

  it.each(['', '* * *', '61 * * * *', '* * * * * * *', 'a b c d e', '@never', '0 0 30 2 *'])(
    'may not be %j',
    (expression) => {
      expect(cronProblem(expression, 'UTC')).toEqual(expect.any(String));
    },
  );

  it('has a time zone by its IANA name', () => {
    expect(['Europe/Berlin', 'UTC', 'Mars/Olympus', '+02:00', '', 7].map(isTimeZone)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
