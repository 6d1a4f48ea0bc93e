import { type Spread, spreadOf } from '../../statistics.ts';
import type { ControlBench, ControlFigure } from '../control-row.ts';
import { Backlog, type BacklogKind, backlogKinds, type GrowthCost } from './backlog.ts';

const figures: readonly (readonly [what: string, unit: string, of: (cost: GrowthCost) => number])[] = [
  ['put', 'Redis µs/job', ({ putRedis }) => putRedis],
  ['put', 'Node µs/job', ({ putNode }) => putNode],
  ['take', 'Redis µs/job', ({ takeRedis }) => takeRedis],
  ['take', 'Node µs/job', ({ takeNode }) => takeNode],
];

/** What a put and a take cost next to a backlog of each size: jobs that wait, are delayed or prioritized, or are kept as completed. */
export async function measureGrowth(bench: ControlBench, sizes: readonly number[]): Promise<ControlFigure[]> {
  const rows: ControlFigure[] = [];
  for (const kind of backlogKinds) rows.push(...(await growthOf(kind, bench, sizes)));
  return rows;
}

async function growthOf(kind: BacklogKind, bench: ControlBench, sizes: readonly number[]): Promise<ControlFigure[]> {
  await using backlog = await Backlog.open(kind, bench.redis);
  const rows: ControlFigure[] = [];
  let first: readonly Spread[] | undefined;
  for (const size of sizes) {
    bench.onProgress(`growth: ${size} ${kind}`);
    await backlog.grow(size);
    const costs: GrowthCost[] = [];
    for (let round = 0; round <= bench.rounds; round += 1) {
      bench.signal.throwIfAborted();
      const cost = await backlog.measure();
      if (round > 0) costs.push(cost);
    }
    const measured = figures.map(([, , of]) => spreadOf(costs.map(of)));
    rows.push(
      ...figures.map(([what, unit], index) =>
        rowOf({
          what: `${what}, ${count(size)} ${kind}`,
          unit,
          index,
          measured,
          first,
          least: count(sizes[0] ?? size),
        }),
      ),
    );
    first ??= measured;
  }
  return rows;
}

const count = (size: number): string => size.toLocaleString('en-GB');

interface Cell {
  readonly what: string;
  readonly unit: string;
  readonly index: number;
  readonly measured: readonly Spread[];
  readonly first: readonly Spread[] | undefined;
  readonly least: string;
}

function rowOf({ what, unit, index, measured, first, least }: Cell): ControlFigure {
  const own = measured[index] ?? spreadOf([Number.NaN]);
  const before = first?.[index];
  return { what, unit, measured: own, ...(before && { comparedWith: { what: `at ${least}`, measured: before } }) };
}
