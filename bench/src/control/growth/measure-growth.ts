import { spreadOf } from '../../statistics.ts';
import type { ControlBench, ControlFigure } from '../control-row.ts';
import { ActiveJobs } from './active-jobs.ts';
import { Backlog, backlogKinds } from './backlog.ts';
import type { Growing, GrowthCost } from './growth-jobs.ts';

export interface GrowthSizes {
  /** Of the backlog. All are compared with the first. */
  readonly backlog: readonly number[];
  /** Of the active jobs. All are compared with the second: with one slot no call can be about several jobs. */
  readonly active: readonly number[];
}

const figures: readonly (readonly [what: string, unit: string, of: (cost: GrowthCost) => number])[] = [
  ['put', 'Redis µs/job', ({ putRedis }) => putRedis],
  ['put', 'Node µs/job', ({ putNode }) => putNode],
  ['take', 'Redis µs/job', ({ takeRedis }) => takeRedis],
  ['take', 'Node µs/job', ({ takeNode }) => takeNode],
];

/** What a put and a take cost next to a backlog, or next to active jobs, of each size. */
export async function measureGrowth(bench: ControlBench, sizes: GrowthSizes): Promise<ControlFigure[]> {
  const rows: ControlFigure[] = [];
  for (const kind of backlogKinds) {
    await using backlog = await Backlog.open(kind, bench.redis);
    rows.push(...(await growthOf(kind, backlog, { bench, sizes: sizes.backlog, base: sizes.backlog[0] })));
  }
  await using active = await ActiveJobs.open(bench.redis);
  rows.push(...(await growthOf('active', active, { bench, sizes: sizes.active, base: sizes.active[1] })));
  return rows;
}

interface GrowthPlan {
  readonly bench: ControlBench;
  readonly sizes: readonly number[];
  /** The size that the others are compared with. */
  readonly base: number | undefined;
}

async function growthOf(kind: string, growing: Growing, { bench, sizes, base }: GrowthPlan): Promise<ControlFigure[]> {
  const measured = new Map<number, readonly GrowthCost[]>();
  for (const size of sizes) {
    bench.onProgress(`growth: ${count(size)} ${kind}`);
    bench.signal.throwIfAborted();
    await growing.grow(size);
    measured.set(size, await costsOf(growing, bench));
  }
  const baseCosts = base === undefined ? undefined : measured.get(base);
  return [...measured].flatMap(([size, costs]) =>
    figures.map(([what, unit, of]): ControlFigure => {
      const row = { what: `${what}, ${count(size)} ${kind}`, unit, measured: spreadOf(costs.map(of)) };
      if (base === undefined || !baseCosts || size === base) return row;
      return { ...row, comparedWith: { what: `at ${count(base)}`, measured: spreadOf(baseCosts.map(of)) } };
    }),
  );
}

/** Of the rounds that count; one goes before them. */
async function costsOf(growing: Growing, { rounds, signal }: ControlBench): Promise<readonly GrowthCost[]> {
  const costs: GrowthCost[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    signal.throwIfAborted();
    const cost = await growing.measure();
    if (round > 0) costs.push(cost);
  }
  return costs;
}

const count = (size: number): string => size.toLocaleString('en-GB');
