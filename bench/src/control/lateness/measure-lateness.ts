import { BenchProcess } from '../../bench-process.ts';
import { median, percentile, type Spread, spreadOf } from '../../statistics.ts';
import type { ControlBench } from '../control-row.ts';
import {
  type LatenessCase,
  latenessCases,
  type LatenessContender,
  latenessContenders,
  type LatenessRequest,
} from './lateness-plan.ts';

/** How much later than due handlers started, in milliseconds. */
export interface Lateness {
  readonly median: Spread;
  /** Of all rounds together; next to it that of the best round and of the worst. */
  readonly p99: Spread;
}

export type LatenessFigures = Readonly<Record<LatenessCase, Readonly<Record<LatenessContender, Lateness>>>>;

/** Jobs of one round, for each case and contender. */
const ROUND_JOBS = 50;

type ContenderProcess = BenchProcess<LatenessRequest, readonly number[]>;

/** Lateness of delayed and scheduled jobs: the contenders take turns on one Redis, each in a process of its own. */
export async function measureLateness({ redis, rounds, onProgress, signal }: ControlBench): Promise<LatenessFigures> {
  await using stack = new AsyncDisposableStack();
  const start = async (name: LatenessContender): Promise<ContenderProcess> => {
    const program = new URL('lateness-program.ts', import.meta.url);
    return stack.use(await BenchProcess.start({ name, program, args: [name, redis.socketPath] }));
  };
  const processes = await recordOf(latenessContenders, start);
  return await recordOf(latenessCases, async (which) => {
    onProgress(`lateness: ${which}`);
    const found: Record<LatenessContender, (readonly number[])[]> = { timer: [], bullmq: [], sluice: [] };
    for (let round = 0; round <= rounds; round += 1) {
      for (const name of latenessContenders) {
        signal.throwIfAborted();
        await redis.meter.empty();
        const lateMs = await processes[name].ask({ case: which, samples: ROUND_JOBS });
        if (round > 0) found[name].push(lateMs);
      }
    }
    return recordOf(latenessContenders, async (name) => latenessOf(found[name]));
  });
}

function latenessOf(rounds: readonly (readonly number[])[]): Lateness {
  const p99 = spreadOf(rounds.map((lateMs) => percentile(lateMs, 0.99)));
  return {
    median: spreadOf(rounds.map((lateMs) => median(lateMs))),
    p99: { ...p99, median: percentile(rounds.flat(), 0.99) },
  };
}

/** One after the other. */
async function recordOf<Name extends string, T>(
  names: readonly Name[],
  of: (name: Name) => Promise<T>,
): Promise<Record<Name, T>> {
  const entries: [Name, T][] = [];
  for (const name of names) entries.push([name, await of(name)]);
  return Object.fromEntries(entries) as Record<Name, T>;
}
