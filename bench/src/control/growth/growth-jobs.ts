import { defineJob, defineQueue, type Producer, type QueueDefinition } from '@sluice/queue';
import { z } from 'zod';
import { costOf } from '../../bench-process.ts';
import type { RedisMeter } from '../../redis-meter.ts';

/** How many jobs a measurement puts, and then takes. */
export const MEASURED_JOBS = 2_000;
export const PUTS_IN_FLIGHT = 100;
/** More than any backlog and what is measured next to it. */
export const MOST_JOBS = 2_000_000;
const AN_HOUR_MS = 3_600_000;
const TEN_YEARS_MS = 10 * 365 * 86_400_000;

/** Does nothing, or is held for as long as a measurement needs. */
export const growthJob = defineJob({
  name: 'grow',
  payload: z.object({ n: z.int() }),
  result: z.void(),
  timeoutMs: AN_HOUR_MS,
});

/** A queue of such jobs that holds as many as are wanted, and keeps this number of completed ones. */
export function growthQueue(kept: number): QueueDefinition<readonly [typeof growthJob]> {
  const keep = { completed: { count: kept, ageMs: TEN_YEARS_MS } };
  return defineQueue({ name: 'growth', jobs: [growthJob], capacity: MOST_JOBS, keep });
}

export type GrowthProducer = Producer<ReturnType<typeof growthQueue>>;

/** What makes a job one that is delayed, or prioritized. */
export interface JobOptions {
  readonly delayMs?: number;
  readonly priority?: number;
}

/** CPU time in microseconds per job. */
export interface GrowthCost {
  readonly putNode: number;
  readonly putRedis: number;
  readonly takeNode: number;
  readonly takeRedis: number;
}

/** What is there more and more of, with what a put and a take cost next to it. */
export interface Growing extends AsyncDisposable {
  grow(size: number): Promise<void>;
  /** Puts and takes jobs, and leaves the size as it was. */
  measure(): Promise<GrowthCost>;
}

interface MeasuredSteps {
  readonly put: () => Promise<void>;
  /** Not measured. */
  readonly between?: () => Promise<unknown>;
  readonly take: () => Promise<void>;
}

/** The cost of a put, and of what takes the jobs. */
export async function growthCostOf(meter: RedisMeter, { put, between, take }: MeasuredSteps): Promise<GrowthCost> {
  const putCost = await costPerJob(meter, put);
  await between?.();
  const takeCost = await costPerJob(meter, take);
  return { putNode: putCost.node, putRedis: putCost.redis, takeNode: takeCost.node, takeRedis: takeCost.redis };
}

async function costPerJob(meter: RedisMeter, run: () => Promise<void>): Promise<{ node: number; redis: number }> {
  const before = await meter.cpuUs();
  const { nodeCpuUs } = await costOf(run);
  const redisCpuUs = (await meter.cpuUs()) - before;
  return { node: nodeCpuUs / MEASURED_JOBS, redis: redisCpuUs / MEASURED_JOBS };
}

/** Puts the jobs of a measurement, with as many puts in flight at any time. */
export async function putMeasuredJobs(put: (payload: { n: number }) => Promise<unknown>): Promise<void> {
  let next = 0;
  const putRest = async (): Promise<void> => {
    while (next < MEASURED_JOBS) await put({ n: next++ });
  };
  await Promise.all(Array.from({ length: PUTS_IN_FLIGHT }, putRest));
}

/** Puts this number of jobs, as fast as that goes. */
export async function fill(producer: GrowthProducer, count: number, options: JobOptions = {}): Promise<void> {
  const payloads = Array.from({ length: Math.max(0, count) }, (_, n) => ({ n }));
  for await (const { status } of producer.putMany(growthJob, payloads, options))
    if (status !== 'created') throw new Error(`a put was ${status}`);
}
