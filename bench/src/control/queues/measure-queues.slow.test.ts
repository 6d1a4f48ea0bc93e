import { expect, it } from 'vitest';
import { BenchRedis } from '../../redis-meter.ts';
import { measureQueues } from './measure-queues.ts';

it('many queues have connections of each, and what jobs cost that are spread over them, next to BullMQ', async () => {
  await using redis = await BenchRedis.start({ onProgress: () => {} });
  const signal = new AbortController().signal;
  const rows = await measureQueues({ redis, rounds: 1, quick: true, onProgress: () => {}, signal }, [1, 3]);

  const of = (title: string, unit: string): unknown =>
    rows.filter(({ what, unit: its }) => what === title && its === unit).map(({ measured }) => measured.median);
  for (const count of [1, 3]) {
    expect(of(`a producer, each of ${count}`, 'connections')).toEqual([1]);
    expect(of(`a worker, each of ${count}`, 'connections')).toEqual([expect.any(Number)]);
  }
  const costs = rows.filter(({ unit }) => unit.endsWith('µs/job'));
  expect(costs).toHaveLength(8);
  for (const { what, measured, comparedWith } of costs) {
    expect(measured.lowest, what).toBeGreaterThan(0);
    expect(comparedWith?.measured.lowest, what).toBeGreaterThan(0);
  }
});
