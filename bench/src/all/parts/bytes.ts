import { socketUrl } from '@sluice/local-redis';
import { connectProducer, defineJob, defineQueue } from '@sluice/queue';
import { Queue } from 'bullmq';
import { z } from 'zod';
import { jobOptions } from '../../put/contenders/bullmq.ts';
import { type BenchPayload, payloadOf, payloadSizes, retryPolicy } from '../../put/put-plan.ts';
import type { Part, PartBench } from '../part.ts';
import type { RatioRow } from '../ratio-row.ts';

/** Jobs after which the queue's stream of events has its full length, at two events a job: from then on only the jobs themselves take memory. */
const FILLED_FIRST = 5_500;
const job = defineJob({
  name: 'bench',
  payload: z.strictObject({ url: z.url(), note: z.string() }),
  result: z.null(),
  retry: { attempts: retryPolicy.attempts, backoff: { type: 'exponential', delayMs: retryPolicy.backoffMs } },
});
const queue = defineQueue({ name: 'bytes', jobs: [job], capacity: 1_000_000 });

type Fill = (payloads: readonly BenchPayload[]) => Promise<unknown>;

/** What a waiting job takes of Redis's memory, with ids that the queue makes and with ids of the caller's. */
export const bytesPart: Part = {
  name: 'bytes',
  scales: {
    quick: { rounds: 1, jobs: 5_000, timeLimitMs: 30_000 },
    whole: { rounds: 4, jobs: 50_000, timeLimitMs: 120_000 },
  },
  measure: async (bench) => {
    const connection = { path: bench.redis.socketPath };
    await using producer = await connectProducer(queue, { redis: socketUrl(bench.redis.socketPath) });
    const bullmq = new Queue<BenchPayload, unknown, string>('bytes', { connection, defaultJobOptions: jobOptions });
    const rows: RatioRow[] = [];
    for (const size of payloadSizes) {
      for (const own of [false, true]) {
        const ours: Fill = async (payloads) => {
          const puts = producer.putMany(job, payloads, own ? { id: ({ url }) => idOf(url) } : {});
          for await (const { status } of puts) if (status !== 'created') throw new Error(`a put was ${status}`);
        };
        const theirs: Fill = (payloads) =>
          bullmq.addBulk(
            payloads.map((data) => ({ name: 'bench', data, ...(own && { opts: { jobId: idOf(data.url) } }) })),
          );
        const measured = { bullmq: [] as number[], ours: [] as number[] };
        for (let round = 0; round < bench.scale.rounds; round += 1) {
          measured.bullmq.push(await bytesPerJob(bench, size, theirs));
          measured.ours.push(await bytesPerJob(bench, size, ours));
        }
        const name = `a waiting job, payload ${size}, ${own ? "the caller's id" : 'a new id'}`;
        rows.push({ name, unit: 'bytes', better: 'less', measured });
      }
    }
    await bullmq.close();
    return rows;
  },
};

const idOf = (url: string): string => `page-${url.slice(-8)}`;

async function bytesPerJob(
  { redis, scale, signal }: PartBench,
  size: (typeof payloadSizes)[number],
  fill: Fill,
): Promise<number> {
  await redis.meter.empty();
  const payloads = Array.from({ length: FILLED_FIRST + scale.jobs }, (_, n) => payloadOf(size, n));
  await fillInSteps(payloads.slice(0, FILLED_FIRST), fill, signal);
  const before = await redis.meter.memoryBytes();
  await fillInSteps(payloads.slice(FILLED_FIRST), fill, signal);
  return ((await redis.meter.memoryBytes()) - before) / scale.jobs;
}

async function fillInSteps(payloads: readonly BenchPayload[], fill: Fill, signal: AbortSignal): Promise<void> {
  for (let from = 0; from < payloads.length; from += 1_000) {
    signal.throwIfAborted();
    await fill(payloads.slice(from, from + 1_000));
  }
}
