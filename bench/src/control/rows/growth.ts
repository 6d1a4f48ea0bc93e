import type { ControlRow } from '../control-row.ts';
import { type GrowthSizes, measureGrowth } from '../growth/measure-growth.ts';

const WHOLE: GrowthSizes = { backlog: [1_000, 100_000, 1_000_000], active: [1, 100, 1_000, 10_000] };
const QUICK: GrowthSizes = { backlog: [1_000, 10_000], active: [1, 100, 1_000] };

/** A put and a take at growing sizes of the queue: what does not depend on the size has ratios about 1. */
export const growthRow: ControlRow = {
  name: 'growth',
  title: 'A put and a take in small and large queues',
  measure: (bench) => measureGrowth(bench, bench.quick ? QUICK : WHOLE),
};
