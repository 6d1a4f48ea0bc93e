import { ProcessGroup } from '../process-group/process-group.ts';
import { type GroupContender, groupContenderNames } from '../process-group/contenders/known-contenders.ts';
import type { RedisMeter } from '../redis-meter.ts';
import { type BenchHooks, runRounds } from '../run-rounds.ts';
import { percentile } from '../statistics.ts';

/** Milliseconds from the call of put to the start of the handler, in another process that had nothing to do. */
interface IdleSample {
  readonly contender: GroupContender;
  readonly startedAfterMs: readonly number[];
}

export interface IdleRow {
  readonly contender: GroupContender;
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** All rounds together: a percentile of a round's few samples would say little. */
function summariseIdle(samples: readonly IdleSample[]): IdleRow[] {
  return groupContenderNames.flatMap((contender) => {
    const own = samples
      .filter((sample) => sample.contender === contender)
      .flatMap(({ startedAfterMs }) => startedAfterMs);
    if (own.length === 0) return [];
    return [{ contender, samples: own.length, p50Ms: percentile(own, 0.5), p99Ms: percentile(own, 0.99) }];
  });
}

export interface IdleOptions {
  readonly rounds: number;
  /** Jobs of one round, for each contender. */
  readonly samples: number;
  readonly socketPath: string;
  readonly meter: RedisMeter;
}

const MEASURED = ['bullmq', 'sluice'] as const satisfies readonly GroupContender[];
const TIME_LIMIT_MS = 60_000;
const SLOTS = 10;
/** The first of each run find nothing warm. */
const WARM_UP = 5;
/** Long enough that the worker has nothing to do again, and of a random length, so that nothing falls into step. */
const PAUSE_MS = [5, 15] as const;

/** How soon a handler starts after a put on an idle queue, producer and worker in processes of their own. */
export async function measureIdle(options: IdleOptions, hooks: BenchHooks): Promise<IdleRow[]> {
  await using stack = new AsyncDisposableStack();
  const groups: ProcessGroup[] = [];
  for (const contender of MEASURED) {
    groups.push(stack.use(await ProcessGroup.start({ contender, producers: 1, workers: 1 })));
  }
  const { samples } = await runRounds({ rounds: options.rounds, timeLimitMs: TIME_LIMIT_MS }, hooks, async () => {
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
  await group.open(socketPath, SLOTS);
  await group.put(samples + WARM_UP, { kind: 'now-and-then', pauseMs: PAUSE_MS });
  await group.untilWorkedOff(meter, signal);
  const [worker] = await group.accountOf(samples + WARM_UP, signal);
  await group.close();
  const startedAfterMs = worker?.account.startedAfterMs ?? [];
  return { contender, startedAfterMs: startedAfterMs.slice(WARM_UP) };
}
