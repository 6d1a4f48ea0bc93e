import { startLocalRedis } from '@sluice/local-redis';
import { ProcessGroup } from '../process-group/process-group.ts';
import { groupContenders } from '../process-group/group-contender.ts';
import { describeMachine } from '../machine.ts';
import { RedisMeter, socketOf } from '../redis-meter.ts';
import { type BenchHooks, runRounds } from '../run-rounds.ts';
import { spreadOf } from '../statistics.ts';
import { FloorLife } from './floor-life.ts';
import { type LifeBenchOptions, producers, workers } from './life-plan.ts';
import { type LifeReport, type LifeSample, summariseLives } from './life-report.ts';
import { measureLife } from './measure-life.ts';

/** One round: a life's cost by plain commands, and that of each contender. */
interface LifeRound {
  readonly floorRedisCpuUsPerJob: number;
  readonly samples: readonly LifeSample[];
}

/** Whole lives of jobs: two processes put, two work, of each contender in turns, on one private Redis. */
export async function runLifeBench(options: LifeBenchOptions, hooks: BenchHooks): Promise<LifeReport> {
  const { jobs, perSecond } = options;
  await using redis = await startLocalRedis({ onProgress: hooks.onProgress });
  const socketPath = socketOf(redis);
  using meter = await RedisMeter.connect(socketPath);
  const machine = describeMachine(await meter.version());
  using floor = await FloorLife.connect(socketPath);
  await using stack = new AsyncDisposableStack();
  const groups: ProcessGroup[] = [];
  for (const contender of groupContenders) {
    hooks.signal.throwIfAborted();
    groups.push(stack.use(await ProcessGroup.start({ contender, producers, workers })));
  }

  const { rounds, samples } = await runRounds<LifeRound>(options, hooks, async () => {
    const floorRedisCpuUsPerJob = await measureFloor(floor, jobs, meter);
    const round: LifeSample[] = [];
    for (const group of groups) {
      hooks.signal.throwIfAborted();
      round.push(await measureLife(group, { jobs, perSecond, socketPath, meter, signal: hooks.signal }));
    }
    return [{ floorRedisCpuUsPerJob, samples: round }];
  });
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

async function measureFloor(floor: FloorLife, jobs: number, meter: RedisMeter): Promise<number> {
  await meter.empty();
  const before = await meter.cpuUs();
  await floor.live(jobs);
  return ((await meter.cpuUs()) - before) / jobs;
}
