import { socketUrl } from '@sluice/local-redis';
import { connectProducer, type Dedupe, defineJob, defineQueue, type Producer } from '@sluice/queue';
import { Queue } from 'bullmq';
import { z } from 'zod';
import { AMPLE_CAPACITY } from '../../put/contender.ts';
import { jobOptions } from '../../put/contenders/bullmq.ts';
import { payloadOf } from '../../put/put-plan.ts';
import type { ControlBench, ControlFigure, ControlRow } from '../control-row.ts';
import { compareRedisCost, type ComparedWay } from '../redis-cost.ts';

const JOBS = 2_000;

/** Puts that are joined to a job, and puts whose key is new, each compared with BullMQ's and with a put without a key. 100 in flight. */
export const dedupeRow: ControlRow = { name: 'dedupe', title: 'Puts with deduplication', measure };

const job = defineJob({ name: 'bench', payload: z.object({ url: z.string(), note: z.string() }), result: z.null() });
const queue = defineQueue({ name: 'dedupe', jobs: [job], capacity: AMPLE_CAPACITY });

async function measure({ redis, rounds, signal }: ControlBench): Promise<readonly ControlFigure[]> {
  await using producer = await connectProducer(queue, { redis: socketUrl(redis.socketPath) });
  const connection = { path: redis.socketPath, enableOfflineQueue: false };
  const plain = new Queue('dedupe', { connection, defaultJobOptions: jobOptions });
  await plain.waitUntilReady();
  try {
    const cost = await compareRedisCost(
      { meter: redis.meter, rounds, signal },
      {
        without: ours(producer, () => undefined),
        fresh: ours(producer, (n) => ({ key: String(n), mode: 'first' })),
        joined: ours(producer, () => ({ key: 'one', mode: 'first' })),
        latest: ours(producer, () => ({ key: 'one', mode: 'latest' })),
        theirFresh: theirs(plain, String),
        theirJoined: theirs(plain, () => 'one'),
      },
    );
    const unit = 'Redis µs/put';
    const own = { what: 'a put without a key', measured: cost.without };
    return [
      { what: 'key is new', unit, measured: cost.fresh, comparedWith: own },
      { what: 'key is new', unit, measured: cost.fresh, comparedWith: { what: 'BullMQ', measured: cost.theirFresh } },
      { what: 'joined', unit, measured: cost.joined, comparedWith: { what: 'BullMQ', measured: cost.theirJoined } },
      {
        what: 'joined, latest',
        unit,
        measured: cost.latest,
        comparedWith: { what: 'BullMQ', measured: cost.theirJoined },
      },
    ];
  } finally {
    await plain.close();
  }
}

const IN_FLIGHT = 100;

/** Runs all of them, a hundred at once. */
async function inFlight(run: (n: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < JOBS; from += IN_FLIGHT) {
    await Promise.all(Array.from({ length: IN_FLIGHT }, (_, index) => run(from + index)));
  }
}

function ours(producer: Producer<typeof queue>, dedupeOf: (n: number) => Dedupe | undefined): ComparedWay {
  return {
    jobs: JOBS,
    run: () =>
      inFlight((n) => {
        const dedupe = dedupeOf(n);
        return producer.put(job, payloadOf('small', n), dedupe ? { dedupe } : {});
      }),
  };
}

function theirs(plain: Queue, keyOf: (n: number) => string): ComparedWay {
  return {
    jobs: JOBS,
    run: () => inFlight((n) => plain.add('bench', payloadOf('small', n), { deduplication: { id: keyOf(n) } })),
  };
}
