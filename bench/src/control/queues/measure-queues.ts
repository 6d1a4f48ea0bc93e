import { BenchProcess } from '../../bench-process.ts';
import { type Spread, spreadOf } from '../../statistics.ts';
import type { ControlBench, ControlFigure } from '../control-row.ts';
import type { QueuesAnswer, QueuesRequest } from './many-queues.ts';

const sides = ['bullmq', 'sluice'] as const;
type Side = (typeof sides)[number];
type QueuesProcess = BenchProcess<QueuesRequest, QueuesAnswer>;

const JOBS = 2_000;

/** One figure of both sides, of each round. */
interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly of: Record<Side, number[]>;
}

/** Figures by their names, in the order in which they came. */
class Figures {
  readonly #all = new Map<string, Figure>();

  add(side: Side, what: string, unit: string, value: number): void {
    const key = `${what}: ${unit}`;
    const figure = this.#all.get(key) ?? { what, unit, of: { bullmq: [], sluice: [] } };
    figure.of[side].push(value);
    this.#all.set(key, figure);
  }

  rows(): ControlFigure[] {
    return [...this.#all.values()].map(({ what, unit, of }) => {
      const theirs: Spread = spreadOf(of.bullmq);
      return { what, unit, measured: spreadOf(of.sluice), comparedWith: { what: 'BullMQ', measured: theirs } };
    });
  }
}

/** What many queues in one process cost, at each number of queues: each side has a new process for each measurement. */
export async function measureQueues(bench: ControlBench, counts: readonly number[]): Promise<ControlFigure[]> {
  const held = new Figures();
  const costs = new Figures();
  for (const count of counts) {
    bench.onProgress(`queues: ${count}`);
    for (const side of sides) {
      for (const what of ['producer', 'worker'] as const) await measureHeld(bench, { side, what, count, held });
      for (const work of ['put', 'work-off'] as const) await measureCosts(bench, { side, work, count, costs });
    }
  }
  return [...held.rows(), ...costs.rows()];
}

/** Connections and memory of each queue. One more is opened before them: it loads what all share, and is not counted. */
async function measureHeld(
  bench: ControlBench,
  { side, what, count, held }: { side: Side; what: 'producer' | 'worker'; count: number; held: Figures },
): Promise<void> {
  await using process = await startEmpty(side, bench);
  const { meter } = bench.redis;
  const before = await process.ask({ type: 'open', what, count: 1 });
  const connectionsBefore = await meter.connections();
  const after = await process.ask({ type: 'open', what, count: count + 1 });
  const connections = (await meter.connections()) - connectionsBefore;
  const title = `a ${what}, each of ${count}`;
  held.add(side, title, 'connections', connections / count);
  if (count === 1) return; // of one, less than what else moves in a process
  held.add(side, title, 'KiB', (after.residentBytes - before.residentBytes) / count / 1_024);
}

/** CPU time of a put, or of a whole life, with jobs for all queues in turn. */
async function measureCosts(
  bench: ControlBench,
  { side, work, count, costs }: { side: Side; work: 'put' | 'work-off'; count: number; costs: Figures },
): Promise<void> {
  await using process = await startEmpty(side, bench);
  await process.ask({ type: 'open', what: 'producer', count });
  if (work === 'work-off') await process.ask({ type: 'open', what: 'worker', count });
  const title = `${work === 'put' ? 'put' : 'put to completed'}, ${count} ${count === 1 ? 'queue' : 'queues'}`;
  for (let round = 0; round <= bench.rounds; round += 1) {
    bench.signal.throwIfAborted();
    const before = await bench.redis.meter.cpuUs();
    const { nodeCpuUs } = await process.ask({ type: work, jobs: JOBS });
    const redisCpuUs = (await bench.redis.meter.cpuUs()) - before;
    if (round === 0) continue;
    costs.add(side, title, 'Redis µs/job', redisCpuUs / JOBS);
    costs.add(side, title, 'Node µs/job', nodeCpuUs / JOBS);
  }
}

async function startEmpty(side: Side, { redis, signal }: ControlBench): Promise<QueuesProcess> {
  signal.throwIfAborted();
  await redis.meter.empty();
  const program = new URL('queues-program.ts', import.meta.url);
  return await BenchProcess.start({ name: side, program, args: [side, redis.socketPath] });
}
