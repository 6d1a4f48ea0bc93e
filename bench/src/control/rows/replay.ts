import { connectAdmin, connectProducer, defineJob, defineQueue } from '@sluice/queue';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { spreadOf } from '../../statistics.ts';
import type { ControlBench, ControlFigure, ControlRow } from '../control-row.ts';

const step = defineJob({ name: 'step', payload: z.object({ n: z.int() }), result: z.null() });
const queue = defineQueue({ name: 'replay', jobs: [step], capacity: 1_000_000 });
const LETTERS = 2_000;
const PUTS = 500;

/** How fast dead letters go back to work, and what a put waits while they do. */
export const replayRow: ControlRow = {
  name: 'replay',
  title: 'Replaying dead letters, and other puts meanwhile',
  measure,
};

async function measure(bench: ControlBench): Promise<readonly ControlFigure[]> {
  const alone: Put[] = [];
  const during: Put[] = [];
  const rates: number[] = [];
  const costs: number[] = [];
  for (let round = 0; round <= bench.rounds; round += 1) {
    bench.signal.throwIfAborted();
    const isCounted = round > 0;
    const free = await replayAll(bench, 10_000);
    const quiet = await putMeanwhile(bench, null);
    const busy = await putMeanwhile(bench, 1_000);
    if (!isCounted) continue;
    rates.push(free.perSecond);
    costs.push(free.redisUs);
    alone.push(quiet);
    during.push(busy);
  }
  return [
    { what: 'replayed at the highest rate', unit: 'jobs/s', measured: spreadOf(rates) },
    { what: 'one replay, reading included', unit: 'Redis µs', measured: spreadOf(costs) },
    ...(['median', 'p99'] as const).map((which) => ({
      what: `a put while 1,000 a second are replayed, ${which}`,
      unit: 'ms',
      measured: spreadOf(during.map((each) => each[which])),
      comparedWith: { what: 'without a replay', measured: spreadOf(alone.map((each) => each[which])) },
    })),
  ];
}

interface Put {
  readonly median: number;
  readonly p99: number;
}

async function replayAll(
  { redis }: ControlBench,
  ratePerSecond: number,
): Promise<{ perSecond: number; redisUs: number }> {
  await writeLetters(redis.socketPath);
  await using admin = await connectAdmin(queue, { redis: { path: redis.socketPath } });
  const before = await redis.meter.cpuUs();
  const sinceMs = performance.now();
  const { results } = await admin.deadLetters.replay({}, { ratePerSecond });
  if (results.replayed !== LETTERS) throw new Error(`${results.replayed ?? 0} of ${LETTERS} were replayed`);
  const seconds = (performance.now() - sinceMs) / 1_000;
  return { perSecond: LETTERS / seconds, redisUs: ((await redis.meter.cpuUs()) - before) / LETTERS };
}

/** Puts one at a time, with a replay at this rate under way, or none. */
async function putMeanwhile({ redis }: ControlBench, ratePerSecond: number | null): Promise<Put> {
  await writeLetters(redis.socketPath);
  const over = new AbortController();
  await using producer = await connectProducer(queue, { redis: { path: redis.socketPath } });
  await using admin = await connectAdmin(queue, { redis: { path: redis.socketPath } });
  const replayed = ratePerSecond === null ? null : admin.deadLetters.replay({}, { ratePerSecond, signal: over.signal });
  const tookMs: number[] = [];
  for (let n = 0; n < PUTS; n += 1) {
    const sinceMs = performance.now();
    await producer.put(step, { n });
    tookMs.push(performance.now() - sinceMs);
  }
  over.abort();
  await replayed;
  const sorted = tookMs.toSorted((a, b) => a - b);
  return { median: sorted[PUTS / 2] ?? 0, p99: sorted[Math.floor(PUTS * 0.99)] ?? 0 };
}

/** An empty Redis with dead letters, as pools leave them. */
async function writeLetters(path: string): Promise<void> {
  const client = new Redis({ path });
  await client.flushall('SYNC');
  const pipeline = client.pipeline();
  for (let n = 0; n < LETTERS; n += 1) {
    const id = `Letter${String(n).padStart(14, '0')}`;
    const opts = '{"attempts":3,"sluice":{"v":1,"d":""}}';
    const failed = { finishedOn: 5 + n, failedReason: 'the mailbox is full', 'sluice.code': 'ERROR', atm: 3, ats: 3 };
    pipeline.hset(`bull:{replay}:${id}`, {
      name: 'step',
      data: `{"n":${n}}`,
      opts,
      timestamp: 5,
      priority: 0,
      ...failed,
    });
    pipeline.zadd('bull:{replay}:failed', 5 + n, id);
  }
  await pipeline.exec();
  client.disconnect();
}
