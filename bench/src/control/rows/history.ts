import { setTimeout as sleep } from 'node:timers/promises';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { type Spread, spreadOf } from '../../statistics.ts';
import type { ControlBench, ControlFigure, ControlRow } from '../control-row.ts';

const JOBS = 5_000;
const SLOTS = 100;
const REPEATS = 200;
const AIM = 'at most 1';
const job = defineJob({ name: 'email.send', payload: z.object({ n: z.int() }), result: z.void() });
const queue = defineQueue({ name: 'history', jobs: [job], capacity: 10 * JOBS });
const HISTORY = `bull:{${queue.name}}:sluice:history:`;

/**
 * What a producer and a pool send to write the history while they work off 5,000 jobs, from their start to their end, at 500 a second
 * and as fast as they can. With and without it the costs of a job differ by less than by chance; so those calls alone are sent again,
 * many times over, and shared out over the jobs.
 */
export const historyRow: ControlRow = { name: 'history', title: 'What the history costs a job', measure };

async function measure(bench: ControlBench): Promise<readonly ControlFigure[]> {
  const slow: Cost[] = [];
  const fast: Cost[] = [];
  for (let round = 0; round < bench.rounds; round += 1) {
    bench.signal.throwIfAborted();
    bench.onProgress(`round ${round + 1} of ${bench.rounds}`);
    slow.push(await costOf(bench, 500));
    fast.push(await costOf(bench, Infinity));
  }
  const spread = (costs: readonly Cost[], of: keyof Cost): Spread => spreadOf(costs.map((cost) => cost[of]));
  return [
    { what: 'at 500 jobs/s', unit: 'Redis µs/job', measured: spread(slow, 'ofJob'), aim: AIM },
    { what: 'as fast as they can', unit: 'Redis µs/job', measured: spread(fast, 'ofJob'), aim: AIM },
    { what: 'one call, at 500 jobs/s', unit: 'Redis µs', measured: spread(slow, 'ofCall') },
    { what: 'one call, as fast as they can', unit: 'Redis µs', measured: spread(fast, 'ofCall') },
  ];
}

interface Cost {
  /** In microseconds of Redis, as all. */
  readonly ofJob: number;
  readonly ofCall: number;
}

async function costOf({ redis }: ControlBench, perSecond: number): Promise<Cost> {
  const connection = { path: redis.socketPath };
  await redis.meter.empty();
  const client = new Redis(connection);
  const monitor = await client.monitor();
  const calls: string[][] = [];
  monitor.on('monitor', (_time: string, args: string[]) => {
    if (/^evalsha$/i.test(args[0] ?? '') && args.some((arg) => arg.startsWith(HISTORY))) calls.push(args.slice(1));
  });
  await work(connection, perSecond);
  monitor.disconnect();
  const cost = await costOfCalls(client, redis, calls);
  client.disconnect();
  return cost;
}

/** A producer and a pool, from their start to their end. */
async function work(redis: { path: string }, perSecond: number): Promise<void> {
  const handlers = { [job.name]: defineHandler(job, async ({ payload }) => sleep(payload.n % 20)) };
  const pool = createWorkerPool(queue, handlers, { redis, concurrency: SLOTS });
  await using producer = await connectProducer(queue, { redis });
  await pool.start();
  const sinceMs = performance.now();
  for (let n = 0; n < JOBS; n += SLOTS) {
    await sleep(Math.max(0, sinceMs + (n * 1_000) / perSecond - performance.now()));
    await Promise.all(Array.from({ length: SLOTS }, (_, index) => producer.put(job, { n: n + index })));
  }
  await producer.join();
  await pool.stop();
}

/** Sends the calls again, on the hash that they have left behind. */
async function costOfCalls(
  client: Redis,
  { meter }: ControlBench['redis'],
  calls: readonly (readonly string[])[],
): Promise<Cost> {
  if (calls.length === 0) throw new Error('nothing was written to the history');
  const before = await meter.cpuUs();
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    for (const [sha = '', keys = '0', ...rest] of calls) await client.evalsha(sha, keys, ...rest);
  }
  const total = ((await meter.cpuUs()) - before) / REPEATS;
  return { ofJob: total / JOBS, ofCall: total / calls.length };
}
