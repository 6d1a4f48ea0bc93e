import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addTime, quantile, type TimeHistogram } from './time-histogram.ts';
import { emptyRecord, mergeRecord, readRecord, writeRecord } from './history-record.ts';

const histogramOf = (times: readonly number[]): TimeHistogram => {
  const histogram: TimeHistogram = new Map();
  for (const time of times) addTime(histogram, time);
  return histogram;
};
const times = fc.array(fc.double({ min: 1, max: 100_000_000, noNaN: true }), { minLength: 1, maxLength: 50 });

describe('quantiles of counted times', () => {
  it('are within 10 % of those of the times themselves', () => {
    fc.assert(
      fc.property(times, fc.constantFrom(0.5, 0.95), (all, part) => {
        const exact = all.toSorted((one, other) => one - other)[Math.ceil(all.length * part) - 1] ?? 0;
        const told = quantile(histogramOf(all), part) ?? 0;
        expect(Math.abs(told - exact)).toBeLessThanOrEqual(0.1 * exact + 0.1);
      }),
    );
  });

  it('are null without any time, and never less than a millisecond', () => {
    expect(quantile(new Map(), 0.5)).toBeNull();
    expect(quantile(histogramOf([0, -5, NaN]), 0.5)).toBe(1);
  });
});

describe('records', () => {
  const records = fc
    .tuple(fc.array(fc.nat(1e6), { minLength: 7, maxLength: 7 }), times, times)
    .map(([, waits, runs]) => ({
      ...emptyRecord(),
      waits: histogramOf(waits),
      runs: histogramOf(runs),
    }));

  it('are read as they were written', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(readRecord(writeRecord(record))).toEqual(record);
      }),
    );
  });

  it('are added without loss: together they are what all their times are', () => {
    fc.assert(
      fc.property(times, times, (some, others) => {
        const sum = { ...emptyRecord(), runs: histogramOf(some) };
        mergeRecord(sum, { ...emptyRecord(), runs: histogramOf(others) });
        expect(sum.runs).toEqual(histogramOf([...some, ...others]));
      }),
    );
  });
});
