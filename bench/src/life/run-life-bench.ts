import { ProcessGroup } from '../process-group/process-group.ts';
import { type GroupContender, groupContenderNames } from '../process-group/contenders/known-contenders.ts';
import { describeMachine } from '../machine.ts';
import { BenchRedis, type RedisMeter } from '../redis-meter.ts';
import { type BenchHooks, type Rounds, type RoundsOptions, runRounds } from '../run-rounds.ts';
import { spreadOf } from '../statistics.ts';
import { FloorLife } from './floor-life.ts';
import { type LifeReport, type LifeSample, summariseLives } from './life-report.ts';
import { measureLife, PRODUCERS, WORKERS } from './measure-life.ts';

export interface LifeBenchOptions extends RoundsOptions {
  /** Jobs of one run at full speed, 100 to 100,000, shared by the producers. */
  readonly jobs: number;
  /** Jobs a second, all producers together, of the runs in which the time of a life is taken. */
  readonly perSecond: number;
}

export const lifeBenchDefaults: LifeBenchOptions = { rounds: 5, jobs: 10_000, perSecond: 500, timeLimitMs: 170_000 };

/** One round: a life's cost by plain commands, and that of each contender. */
interface LifeRound {
  readonly floorRedisCpuUsPerJob: number;
  readonly samples: readonly LifeSample[];
}

/** All contenders, and whole lives by plain commands next to them. */
export async function runLifeBench(options: LifeBenchOptions, hooks: BenchHooks): Promise<LifeReport> {
  const { jobs, perSecond } = options;
  await using redis = await BenchRedis.start(hooks);
  const machine = describeMachine(await redis.meter.version(), hooks.pinning);
  const { rounds, samples } = await sampleLives({ ...options, contenders: groupContenderNames }, redis, hooks);
  return {
    bench: 'life',
    takenAt: new Date().toISOString(),
    machine,
    rounds,
    jobs,
    perSecond,
    rows: summariseLives(samples.flatMap((round) => round.samples)),
    floorRedisCpuUsPerJob: spreadOf(samples.map((round) => round.floorRedisCpuUsPerJob)),
  };
}

/** Whole lives of jobs: two processes put, two work, of each contender in turns, on one private Redis. */
export async function sampleLives(
  options: LifeBenchOptions & { readonly contenders: readonly GroupContender[] },
  { socketPath, meter }: BenchRedis,
  hooks: BenchHooks,
): Promise<Rounds<LifeRound>> {
  const { jobs, perSecond } = options;
  using floor = await FloorLife.connect(socketPath);
  await using stack = new AsyncDisposableStack();
  const groups: ProcessGroup[] = [];
  for (const contender of options.contenders) {
    hooks.signal.throwIfAborted();
    groups.push(stack.use(await ProcessGroup.start({ contender, producers: PRODUCERS, workers: WORKERS })));
  }
  return await runRounds<LifeRound>(options, hooks, async () => {
    const floorRedisCpuUsPerJob = await measureFloor(floor, jobs, meter);
    const round: LifeSample[] = [];
    for (const group of groups) {
      hooks.signal.throwIfAborted();
      round.push(await measureLife(group, { jobs, perSecond, socketPath, meter, signal: hooks.signal }));
    }
    return [{ floorRedisCpuUsPerJob, samples: round }];
  });
}

async function measureFloor(floor: FloorLife, jobs: number, meter: RedisMeter): Promise<number> {
  await meter.empty();
  const before = await meter.cpuUs();
  await floor.live(jobs);
  return ((await meter.cpuUs()) - before) / jobs;
}
