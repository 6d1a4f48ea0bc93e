import {
  connectProducer,
  createWorkerPool,
  defineHandler,
  defineJob,
  defineQueue,
  eventPolicies,
  type EventPolicy,
  type Producer,
  type QueueDefinition,
} from '@sluice/queue';
import { z } from 'zod';
import { type Spread, spreadOf } from '../../statistics.ts';
import type { ControlBench, ControlFigure, ControlRow } from '../control-row.ts';
import { type ComparedWay, compareRedisCost } from '../redis-cost.ts';

const JOBS = 5_000;
const SLOTS = 100;
const AWAITED = 200;
const AIM = 'at most 1.15 times';
const job = defineJob({ name: 'email.send', payload: z.object({ n: z.int() }), result: z.void() });
const handlers = { [job.name]: defineHandler(job, async () => undefined) };

/** The life of a job, put to completed, in a queue of each choice of events, and how soon an awaited result is there. */
export const eventsRow: ControlRow = { name: 'events', title: 'A job in a queue with fewer events', measure };

async function measure({ redis, rounds, signal, onProgress }: ControlBench): Promise<readonly ControlFigure[]> {
  const connection = { path: redis.socketPath };
  const costs = await compareRedisCost(
    { meter: redis.meter, rounds, signal },
    { all: lives('all', connection), ended: lives('ended', connection), none: lives('none', connection) },
  );
  const awaited: Record<EventPolicy, number[]> = { all: [], ended: [], none: [] };
  for (let round = 0; round < rounds; round += 1) {
    onProgress(`awaiting results, round ${round + 1} of ${rounds}`);
    for (const events of eventPolicies) {
      signal.throwIfAborted();
      await redis.meter.empty();
      awaited[events].push(await resultMs(events, connection));
    }
  }
  const of = (what: string, unit: string, spreads: Record<EventPolicy, Spread>): ControlFigure[] =>
    (['ended', 'none'] as const).map((events) => ({
      what: `${what}, '${events}'`,
      unit,
      measured: spreads[events],
      comparedWith: { what: `'all'`, measured: spreads.all },
      aim: AIM,
    }));
  const { all, ended, none } = awaited;
  return [
    ...of('put to completed', 'Redis µs/job', costs),
    ...of('put to its awaited result', 'ms', { all: spreadOf(all), ended: spreadOf(ended), none: spreadOf(none) }),
  ];
}

function define(events: EventPolicy): QueueDefinition<[typeof job]> {
  return defineQueue({ name: `events-${events}`, jobs: [job], capacity: 10 * JOBS, events });
}

/** All are put, 100 in flight, and then worked off. */
function lives(events: EventPolicy, redis: { path: string }): ComparedWay {
  const queue = define(events);
  const run = async (): Promise<void> => {
    await using producer = await connectProducer(queue, { redis });
    for (let n = 0; n < JOBS; n += SLOTS) await putMany(producer, n);
    await using pool = createWorkerPool(queue, handlers, { redis, concurrency: SLOTS });
    await pool.runUntilIdle({ idleMs: 50 });
  };
  return { jobs: JOBS, run };
}

async function putMany(producer: Producer<QueueDefinition<[typeof job]>>, from: number): Promise<void> {
  await Promise.all(Array.from({ length: SLOTS }, (_, index) => producer.put(job, { n: from + index })));
}

/** One at a time; the median. */
async function resultMs(events: EventPolicy, redis: { path: string }): Promise<number> {
  const queue = define(events);
  await using producer = await connectProducer(queue, { redis });
  await using pool = createWorkerPool(queue, handlers, { redis, concurrency: 1 });
  await pool.start();
  const times: number[] = [];
  for (let n = 0; n < AWAITED; n += 1) {
    const since = performance.now();
    await producer.result(await producer.put(job, { n }));
    times.push(performance.now() - since);
  }
  return spreadOf(times).median;
}
