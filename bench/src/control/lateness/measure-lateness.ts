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

const ROUND_JOBS = 50;
/** Jobs of the round before those that count. */
const WARM_UP_JOBS = 5;

type ContenderProcess = BenchProcess<LatenessRequest, readonly number[]>;

/** Lateness of delayed and scheduled jobs in all cases, next to a timer's. */
export async function measureLateness(bench: ControlBench): Promise<LatenessFigures> {
  const choice = { cases: latenessCases, contenders: latenessContenders, jobs: ROUND_JOBS };
  const found = await sampleLateness(bench, choice);
  return await recordOf(latenessCases, (which) =>
    recordOf(latenessContenders, async (name) => latenessOf(found[which][name])),
  );
}

interface LatenessChoice<Case extends LatenessCase, Name extends LatenessContender> {
  readonly cases: readonly Case[];
  readonly contenders: readonly Name[];
  /** Jobs of one round, for each case and contender. */
  readonly jobs: number;
}

/** How late each job of each round was: the contenders take turns on one Redis, each in a process of its own. */
export async function sampleLateness<Case extends LatenessCase, Name extends LatenessContender>(
  { redis, rounds, onProgress, signal }: ControlBench,
  { cases, contenders, jobs }: LatenessChoice<Case, Name>,
): Promise<Record<Case, Record<Name, (readonly number[])[]>>> {
  await using stack = new AsyncDisposableStack();
  const start = async (name: LatenessContender): Promise<ContenderProcess> => {
    const program = new URL('lateness-program.ts', import.meta.url);
    return stack.use(await BenchProcess.start({ name, program, args: [name, redis.socketPath] }));
  };
  const processes = await recordOf(contenders, start);
  return await recordOf(cases, async (which) => {
    onProgress(`lateness: ${which}`);
    const found = await recordOf(contenders, async () => [] as (readonly number[])[]);
    for (let round = 0; round <= rounds; round += 1) {
      for (const name of contenders) {
        signal.throwIfAborted();
        await redis.meter.empty();
        const samples = round === 0 ? Math.min(jobs, WARM_UP_JOBS) : jobs;
        const lateMs = await processes[name].ask({ case: which, samples });
        if (round > 0) found[name].push(lateMs);
      }
    }
    return found;
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
