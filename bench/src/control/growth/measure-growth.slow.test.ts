import { expect, it } from 'vitest';
import { BenchRedis } from '../../redis-meter.ts';
import { measureGrowth } from './measure-growth.ts';

it('growth has what a put and a take cost at each size, compared with one size of its kind', async () => {
  await using redis = await BenchRedis.start({ onProgress: () => {} });
  const signal = new AbortController().signal;
  const bench = { redis, rounds: 1, quick: true, onProgress: () => {}, signal };
  const rows = await measureGrowth(bench, { backlog: [10, 200], active: [1, 20, 300] });

  for (const { what, measured } of rows) expect(measured.lowest, what).toBeGreaterThan(0);
  const comparedWith = (title: string): unknown => rows.find(({ what }) => what === title)?.comparedWith?.what;
  for (const kind of ['waiting', 'delayed', 'prioritized', 'completed']) {
    expect(comparedWith(`put, 10 ${kind}`)).toBeUndefined();
    expect(comparedWith(`take, 200 ${kind}`)).toBe('at 10');
  }
  expect(comparedWith('take, 1 active')).toBe('at 20');
  expect(comparedWith('take, 300 active')).toBe('at 20');
});
