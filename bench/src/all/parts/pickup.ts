import { monotonicMs } from '../../bench-process.ts';
import type { GroupContender } from '../../process-group/contenders/known-contenders.ts';
import { ProcessGroup } from '../../process-group/process-group.ts';
import { runRounds } from '../../run-rounds.ts';
import { percentile } from '../../statistics.ts';
import type { Part, PartBench } from '../part.ts';
import type { RatioRow } from '../ratio-row.ts';

const CONTENDERS = ['bullmq', 'sluice'] as const satisfies readonly GroupContender[];
const SHARES = [0.1, 0.5, 0.8] as const;
const SLOTS = 100;
const PUTS_IN_FLIGHT = 100;
const QUICK_MS = 700;
const WHOLE_MS = 2_000;

interface PickupSample {
  readonly contender: GroupContender;
  readonly share: number;
  readonly startedAfterMs: readonly number[];
}

/**
 * How soon a handler starts after its put was due, at shares of the highest rate that both can keep up: one process puts by the
 * clock, whether or not earlier puts are answered, another works. A put that is late counts from when it was due.
 */
export const pickupPart: Part = {
  name: 'pickup',
  scales: {
    quick: { rounds: 4, jobs: 3_000, timeLimitMs: 18_000 },
    whole: { rounds: 7, jobs: 10_000, timeLimitMs: 150_000 },
  },
  measure: async (bench) => {
    await using stack = new AsyncDisposableStack();
    const groups: ProcessGroup[] = [];
    for (const contender of CONTENDERS)
      groups.push(stack.use(await ProcessGroup.start({ contender, producers: 1, workers: 1 })));
    const highest: number[] = [];
    for (const group of groups) highest.push(await highestRate(group, bench));
    const perSecond = Math.min(...highest);
    const { samples } = await runRounds<PickupSample>(bench.scale, bench, async () => {
      const round: PickupSample[] = [];
      for (const share of SHARES)
        for (const group of groups) round.push(await measureAt(group, share, perSecond, bench));
      return round;
    });
    return SHARES.flatMap((share) => rowsOf(share, samples));
  },
};

/** Jobs a second from the first put to the last start, twice: the first run warms up. */
async function highestRate(group: ProcessGroup, { redis, scale, signal }: PartBench): Promise<number> {
  let perSecond = 0;
  for (let run = 0; run < 2; run += 1) {
    await redis.meter.empty();
    await group.open(redis.socketPath, SLOTS);
    const startMs = monotonicMs();
    await group.put(scale.jobs, { kind: 'in-flight', puts: PUTS_IN_FLIGHT });
    await group.untilWorkedOff(redis.meter, signal);
    const [worker] = await group.accountOf(scale.jobs, signal);
    await group.close();
    perSecond = (scale.jobs * 1_000) / ((worker?.account.lastAtMs ?? Number.NaN) - startMs);
  }
  return perSecond;
}

async function measureAt(
  group: ProcessGroup,
  share: number,
  highest: number,
  { redis, quick, signal }: PartBench,
): Promise<PickupSample> {
  const perSecond = Math.max(1, highest * share);
  const jobs = Math.ceil((perSecond * (quick ? QUICK_MS : WHOLE_MS)) / 1_000);
  await redis.meter.empty();
  await group.open(redis.socketPath, SLOTS);
  await group.put(jobs, { kind: 'open-loop', perSecond });
  await group.untilWorkedOff(redis.meter, signal);
  const [worker] = await group.accountOf(jobs, signal);
  await group.close();
  return { contender: group.contender, share, startedAfterMs: worker?.account.startedAfterMs ?? [] };
}

function rowsOf(share: number, samples: readonly PickupSample[]): RatioRow[] {
  return [0.5, 0.99].map((part): RatioRow => {
    const figures = (contender: GroupContender): number[] =>
      samples
        .filter((sample) => sample.share === share && sample.contender === contender)
        .map(({ startedAfterMs }) => percentile(startedAfterMs, part));
    return {
      name: `pickup at ${share * 100} % of the highest rate, p${part * 100}`,
      unit: 'ms',
      better: 'less',
      measured: { bullmq: figures('bullmq'), ours: figures('sluice') },
    };
  });
}
