import { type Admin, connectAdmin, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { type JobsOptions, Queue } from 'bullmq';
import { z } from 'zod';
import type { ControlBench, ControlFigure, ControlRow } from '../control-row.ts';
import { type ComparedWay, compareRedisCost } from '../redis-cost.ts';

const JOBS = 5_000;
const SLOTS = 100;
const AIM = 'at most 1.15 times';
const job = defineJob({ name: 'email.send', payload: z.object({ n: z.int() }), result: z.void() });
const queue = defineQueue({ name: 'limits', jobs: [job], capacity: 10 * JOBS });

/** Taking and completing by a pool of 100 slots: without limits, with limits that let all jobs in, and with one that holds jobs back. */
export const limitsRow: ControlRow = { name: 'limits', title: 'A take with limits on, against off', measure };

async function measure({ redis, rounds, signal }: ControlBench): Promise<readonly ControlFigure[]> {
  const connection = { path: redis.socketPath };
  const plain = new Queue('{limits}', { connection });
  await using admin = await connectAdmin(queue, { redis: connection });
  const way = (limit?: (admin: Admin) => Promise<void>): ComparedWay => ({
    jobs: JOBS,
    prepare: async () => {
      await plain.addBulk(Array.from({ length: JOBS }, (_, n) => plainJob(n)));
      await limit?.(admin);
    },
    run: () => work(connection),
  });
  const wide = { running: 1_000, rate: { jobs: 1_000_000, perMs: 1_000 } } as const;
  const cost = await compareRedisCost(
    { meter: redis.meter, rounds, signal },
    {
      off: way(),
      ofQueue: way((limits) => limits.limits.set(wide)),
      ofContract: way((limits) => limits.limits.set({ job: job.name, ...wide })),
      full: way((limits) => limits.limits.set({ job: job.name, running: SLOTS / 2 })),
    },
  );
  await plain.close();
  const comparedWith = { what: 'without limits', measured: cost.off };
  const unit = 'Redis µs/job';
  return [
    { what: 'limits of the queue that let all in', unit, measured: cost.ofQueue, comparedWith, aim: AIM },
    { what: 'limits of the contract that let all in', unit, measured: cost.ofContract, comparedWith, aim: AIM },
    { what: 'a limit of the contract that is always full', unit, measured: cost.full, comparedWith },
  ];
}

function plainJob(n: number): { name: string; data: { n: number }; opts: JobsOptions } {
  return { name: job.name, data: { n }, opts: { attempts: 3 } };
}

async function work(redis: { path: string }): Promise<void> {
  const handlers = { [job.name]: defineHandler(job, async () => undefined) };
  const pool = createWorkerPool(queue, handlers, { redis, concurrency: SLOTS });
  await pool.runUntilIdle({ idleMs: 50 });
  await pool.stop();
}
