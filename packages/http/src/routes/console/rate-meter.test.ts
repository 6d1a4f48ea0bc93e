import { expect, it } from 'vitest';
import { RateMeter } from './rate-meter.ts';

const minute = 60_000;
const at = (index: number, put: number, completed = 0, dead = 0) => ({ at: index * minute, put, completed, dead });

it('a meter of rates spreads the minutes before its first look, and then counts what has come since', () => {
  const meter = new RateMeter();
  meter.add([at(9, 120), at(10, 60, 30)], 10 * minute + 30_000);
  const { put, ended } = meter.rates;
  expect(put).toHaveLength(60);
  expect([put.at(-1), put.at(-6), put.at(-7), put[0]]).toEqual([2, 2, 2, 0]);
  expect([ended.at(-1), ended.at(-7)]).toEqual([1, 0]);

  meter.add([at(9, 120), at(10, 110, 40, 10)], 10 * minute + 35_000);
  expect([meter.rates.put.at(-1), meter.rates.ended.at(-1)]).toEqual([10, 4]);
  // A minute later, the one before has been completed.
  meter.add([at(10, 120, 40, 10), at(11, 5)], 11 * minute + 5_000);
  expect([meter.rates.put.at(-1), meter.rates.ended.at(-1)]).toEqual([0.5, 0]);
  expect(meter.rates.put).toHaveLength(60);
});
