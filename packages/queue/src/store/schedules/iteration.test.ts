import { expect, it } from 'vitest';
import { iterationOf } from './iteration.ts';

const settings = { cadence: { everyMs: 60_000 }, jitterMs: 300_000, catchUp: 'one', overlap: false } as const;
const of = { schedule: 's', settings, template: {}, movedMs: 0 };

it('a job of a schedule starts at a random time within its jitter, before the next one is due', () => {
  const all = Array.from({ length: 500 }, () => iterationOf({ ...of, dueMs: 600_000, nowMs: 590_000 }));
  expect(Math.min(...all.map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(600_000);
  expect(Math.max(...all.map(({ atMs }) => atMs))).toBeLessThan(660_000);
  expect(new Set(all.map(({ atMs }) => atMs)).size).toBeGreaterThan(100);
  expect(new Set(all.map(({ dueMs }) => dueMs))).toEqual(new Set([600_000]));
});

it('a job that is made up for starts at once', () => {
  expect(iterationOf({ ...of, dueMs: 600_000, nowMs: 700_000 })).toMatchObject({ atMs: 700_000, jitterMs: 0 });
});
