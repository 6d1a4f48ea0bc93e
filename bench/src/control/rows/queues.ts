import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { Queue, Worker } from 'bullmq';
import { z } from 'zod';
import { type Spread, spreadOf } from '../../statistics.ts';
import type { ControlBench, ControlFigure, ControlRow } from '../control-row.ts';

const QUEUES = 200;
const POOLS = 20;
const job = defineJob({ name: 'one', payload: z.object({ n: z.int() }), result: z.void() });
const handlers = { one: defineHandler(job, async () => undefined) };
const queueOf = (n: number) => defineQueue({ name: `queue-${n}`, jobs: [job], capacity: 1_000 });

interface Cost {
  readonly connections: number;
  readonly kibibytes: number;
}

type Open = (n: number) => Promise<{ close: () => Promise<unknown> }>;

/** What each further queue costs a process that puts into many, or works many off: connections and memory. */
export const queuesRow: ControlRow = { name: 'queues', title: 'Many queues in one process', measure };

async function measure({ redis, signal, onProgress }: ControlBench): Promise<readonly ControlFigure[]> {
  const connection = { path: redis.socketPath };
  const ways: Record<string, { count: number; ours: Open; theirs: Open }> = {
    'a producer': {
      count: QUEUES,
      ours: (n) => connectProducer(queueOf(n), { redis: connection }),
      theirs: async (n) => {
        const queue = new Queue(`queue-${n}`, { connection });
        await queue.waitUntilReady();
        return queue;
      },
    },
    'a worker': {
      count: POOLS,
      ours: async (n) => {
        const pool = createWorkerPool(queueOf(n), handlers, { redis: connection, concurrency: 1 });
        await pool.start();
        return { close: () => pool.stop() };
      },
      theirs: async (n) => {
        const worker = new Worker(`queue-${n}`, async () => null, {
          connection: { ...connection, maxRetriesPerRequest: null },
        });
        await worker.waitUntilReady();
        return worker;
      },
    },
  };
  const rows: ControlFigure[] = [];
  for (const [what, { count, ours, theirs }] of Object.entries(ways)) {
    onProgress(`queues: ${what}`);
    signal.throwIfAborted();
    const bullmq = await costOf(redis.meter, count, theirs);
    const sluice = await costOf(redis.meter, count, ours);
    rows.push(
      row(`${what}, each of ${count}`, 'connections', sluice.connections, bullmq.connections),
      row(`${what}, each of ${count}`, 'KiB', sluice.kibibytes, bullmq.kibibytes),
    );
  }
  return rows;
}

function row(what: string, unit: string, ours: number, theirs: number): ControlFigure {
  const alone = (value: number): Spread => spreadOf([value]);
  return { what, unit, measured: alone(ours), comparedWith: { what: 'BullMQ', measured: alone(theirs) } };
}

/** The first one loads what all share, and is not counted. */
async function costOf(meter: ControlBench['redis']['meter'], count: number, open: Open): Promise<Cost> {
  const opened = [await open(0)];
  const [connections, bytes] = [await meter.connections(), residentBytes()];
  for (let n = 1; n <= count; n += 1) opened.push(await open(n));
  const cost = {
    connections: ((await meter.connections()) - connections) / count,
    kibibytes: (residentBytes() - bytes) / count / 1_024,
  };
  await Promise.all(opened.map((one) => one.close()));
  return cost;
}

function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}
