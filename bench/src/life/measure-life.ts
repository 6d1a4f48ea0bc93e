import type { ProcessGroup } from '../process-group/process-group.ts';
import type { RedisMeter } from '../redis-meter.ts';
import { percentile } from '../statistics.ts';
import { monotonicMs } from '../bench-process.ts';
import { type LifeSample, meanOf } from './life-report.ts';

export const PRODUCERS = 2;
export const WORKERS = 2;
/** Puts that each producer has in flight at full speed, and jobs that each worker runs at once. */
const PUTS_IN_FLIGHT = 100;
const SLOTS = 100;
/** How long the steady runs last. */
const STEADY_MS = 2_000;

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
  const perProducer = Math.ceil(options.jobs / PRODUCERS);
  const jobs = perProducer * PRODUCERS;
  await meter.empty();
  const emptyBytes = await meter.memoryBytes();
  await group.open(socketPath, SLOTS);

  await using memory = new MemoryMonitor(meter);
  const cpuBefore = await meter.cpuUs();
  const startMs = monotonicMs();
  const uses = await group.put(perProducer, { kind: 'in-flight', puts: PUTS_IN_FLIGHT });
  await group.untilWorkedOff(meter, signal);
  const reports = await group.accountOf(jobs, signal);
  const redisCpuUs = (await meter.cpuUs()) - cpuBefore;
  await group.close();
  return {
    jobs,
    elapsedMs: Math.max(...reports.map(({ account }) => account.lastAtMs)) - startMs,
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
  await group.open(socketPath, SLOTS);
  const jobs = Math.max(1, Math.round((perSecond * STEADY_MS) / 1_000 / PRODUCERS));
  await group.put(jobs, { kind: 'steady', perSecond: perSecond / PRODUCERS });
  await group.untilWorkedOff(meter, signal);
  const reports = await group.accountOf(jobs * PRODUCERS, signal);
  await group.close();
  const lives = reports.flatMap(({ account }) => account.completedAfterMs);
  return { p50Ms: percentile(lives, 0.5), p99Ms: percentile(lives, 0.99) };
}

const LOOK_EVERY_MS = 25;

/** Looks often at how much Redis has allocated, and keeps the most. */
class MemoryMonitor implements AsyncDisposable {
  readonly #meter: RedisMeter;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();
  #peakBytes = 0;

  constructor(meter: RedisMeter) {
    this.#meter = meter;
    this.#timer = setInterval(() => (this.#looking = this.#look()), LOOK_EVERY_MS);
  }

  get peakBytes(): number {
    return this.#peakBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    this.#peakBytes = Math.max(this.#peakBytes, await this.#meter.memoryBytes());
  }
}
