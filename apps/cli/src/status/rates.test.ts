import type { AdminStats } from '@sluice/queue';
import { expect, it } from 'vitest';
import { RateMeter } from './rates.ts';

const look = (depth: number, drainPerSecond: number | null): AdminStats => ({ depth, drainPerSecond }) as AdminStats;

it('has no rate of puts after one look', () => {
  expect(new RateMeter().add(look(5, 2), 0)).toEqual({ putPerSecond: null, endedPerSecond: 2 });
});

it('counts what ended and what the depth grew by as put', () => {
  const meter = new RateMeter();
  meter.add(look(10, 5), 0);
  expect(meter.add(look(30, 5), 2_000)).toEqual({ putPerSecond: 15, endedPerSecond: 5 });
  expect(meter.add(look(0, 5), 4_000)).toEqual({ putPerSecond: 2.5, endedPerSecond: 5 });
});

it('is never below nought', () => {
  const meter = new RateMeter();
  meter.add(look(1_000, 1), 0);
  expect(meter.add(look(0, 1), 1_000).putPerSecond).toBe(0);
});

it('does not guess where a queue keeps no ended jobs', () => {
  const meter = new RateMeter();
  meter.add(look(10, null), 0);
  expect(meter.add(look(30, null), 1_000)).toEqual({ putPerSecond: null, endedPerSecond: null });
});
