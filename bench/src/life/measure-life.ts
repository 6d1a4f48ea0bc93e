import type { ProcessGroup } from '../process-group/process-group.ts';
import { groupFacts } from '../process-group/group-contender.ts';
import { untilWorkedOff } from '../process-group/until-worked-off.ts';
import type { RedisMeter } from '../redis-meter.ts';
import { percentile } from '../statistics.ts';
import { monotonicMs } from '../wait/monotonic-ms.ts';
import { lanes, producers, slots, steadyMs } from './life-plan.ts';
import { type LifeSample, meanOf } from './life-report.ts';
import { MemoryMonitor } from './memory-monitor.ts';

export interface LifeOptions {
  readonly jobs: number;
  readonly perSecond: number;
  readonly socketPath: string;
  readonly meter: RedisMeter;
  readonly signal: AbortSignal;
}

type FullSpeed = Omit<LifeSample, 'contender' | 'p50Ms' | 'p99Ms'>;
type Steady = Pick<LifeSample, 'p50Ms' | 'p99Ms'>;

/** Two runs of a process group: at full speed for what jobs cost, and at a steady pace for how long they take. */
export async function measureLife(group: ProcessGroup, options: LifeOptions): Promise<LifeSample> {
  const fullSpeed = await measureFullSpeed(group, options);
  options.signal.throwIfAborted();
  return { contender: group.contender, ...fullSpeed, ...(await measureSteady(group, options)) };
}

async function measureFullSpeed(group: ProcessGroup, options: LifeOptions): Promise<FullSpeed> {
  const { meter, socketPath, signal } = options;
  const perProducer = Math.ceil(options.jobs / producers);
  const jobs = perProducer * producers;
  await meter.empty();
  const emptyBytes = await meter.memoryBytes();
  await group.open(socketPath, slots);

  await using memory = new MemoryMonitor(meter);
  const cpuBefore = await meter.cpuUs();
  const start = monotonicMs();
  const uses = await group.put(perProducer, { kind: 'in-flight', lanes });
  await untilWorkedOff(groupFacts[group.contender].lists, meter, signal);
  const reports = await group.accountOf(jobs, signal);
  const redisCpuUs = (await meter.cpuUs()) - cpuBefore;
  await group.close();
  return {
    jobs,
    elapsedMs: Math.max(...reports.map(({ account }) => account.lastAt)) - start,
    producersCpuUs: uses.reduce((sum, { cpuUs }) => sum + cpuUs, 0),
    workersCpuUs: reports.reduce((sum, { use }) => sum + use.cpuUs, 0),
    redisCpuUs,
    producerRssBytes: meanOf(uses.map(({ rssBytes }) => rssBytes)),
    workerRssBytes: meanOf(reports.map(({ use }) => use.rssBytes)),
    redisPeakBytes: memory.peakBytes - emptyBytes,
  };
}

async function measureSteady(group: ProcessGroup, options: LifeOptions): Promise<Steady> {
  const { meter, socketPath, signal, perSecond } = options;
  await meter.empty();
  await group.open(socketPath, slots);
  const jobs = Math.max(1, Math.round((perSecond * steadyMs) / 1_000 / producers));
  await group.put(jobs, { kind: 'steady', perSecond: perSecond / producers });
  await untilWorkedOff(groupFacts[group.contender].lists, meter, signal);
  const reports = await group.accountOf(jobs * producers, signal);
  await group.close();
  const lives = reports.flatMap(({ account }) => account.completedAfterMs);
  return { p50Ms: percentile(lives, 0.5), p99Ms: percentile(lives, 0.99) };
}
