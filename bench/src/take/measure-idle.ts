import { ProcessGroup } from '../process-group/process-group.ts';
import { type GroupContender, groupFacts } from '../process-group/group-contender.ts';
import { untilWorkedOff } from '../process-group/until-worked-off.ts';
import type { RedisMeter } from '../redis-meter.ts';
import { type BenchHooks, runRounds } from '../run-rounds.ts';
import { type IdleRow, type IdleSample, summariseIdle } from './idle-figures.ts';

export interface IdleOptions {
  readonly rounds: number;
  /** Jobs of one round, for each contender. */
  readonly samples: number;
  readonly socketPath: string;
  readonly meter: RedisMeter;
}

const contenders = ['bullmq', 'sluice'] as const satisfies readonly GroupContender[];
const timeLimitMs = 60_000;
const slots = 10;
/** The first of each run find nothing warm. */
const warmUp = 5;
/** Long enough that the worker has nothing to do again, and of a random length, so that nothing falls into step. */
const pauseMs = [5, 15] as const;

/** How soon a handler starts after a put on an idle queue, producer and worker in processes of their own. */
export async function measureIdle(options: IdleOptions, hooks: BenchHooks): Promise<IdleRow[]> {
  await using stack = new AsyncDisposableStack();
  const groups: ProcessGroup[] = [];
  for (const contender of contenders) {
    groups.push(stack.use(await ProcessGroup.start({ contender, producers: 1, workers: 1 })));
  }
  const { samples } = await runRounds({ rounds: options.rounds, timeLimitMs }, hooks, async () => {
    const round: IdleSample[] = [];
    for (const group of groups) {
      hooks.signal.throwIfAborted();
      round.push(await measureOnce(group, options, hooks.signal));
    }
    return round;
  });
  return summariseIdle(samples);
}

async function measureOnce(group: ProcessGroup, options: IdleOptions, signal: AbortSignal): Promise<IdleSample> {
  const { contender } = group;
  const { samples, socketPath, meter } = options;
  await meter.empty();
  await group.open(socketPath, slots);
  await group.put(samples + warmUp, { kind: 'now-and-then', pauseMs });
  await untilWorkedOff(groupFacts[contender].lists, meter, signal);
  const [worker] = await group.accountOf(samples + warmUp, signal);
  await group.close();
  const startedAfterMs = worker?.account.startedAfterMs ?? [];
  return { contender, startedAfterMs: startedAfterMs.slice(warmUp) };
}
