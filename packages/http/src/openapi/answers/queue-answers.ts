import { z } from 'zod';
import { count, crash, listedJob, time } from './job-answers.ts';

const queue = z.string();
const ms = z.number().min(0);

export const capacityFrom = z.object({
  source: z.enum(['set', 'definition', 'fallback']),
  revision: z.union([z.int(), z.string()]).nullable(),
  sinceMs: time.nullable(),
});

/** How full a queue is, and its jobs. */
export const queueAnswer = z.object({
  queue,
  jobs: z.array(z.string()),
  depth: count,
  capacity: count,
  capacityFrom,
  over: count,
  waiting: count,
  prioritized: count,
  delayed: count,
  active: count,
  waitingChildren: count,
  unserved: count,
  completed: count,
  dead: count,
  dropped: count,
  waitingPuts: count,
  waiters: z.object({ producers: count, puts: count }),
  pools: count,
  sealed: z.boolean(),
  paused: z.boolean(),
  events: z.enum(['all', 'ended', 'none']),
  oldestMs: ms.nullable(),
  drainPerSecond: z.number().nullable(),
});

export const queuesAnswer = z.object({
  queues: z.array(queueAnswer.extend({ longestWaitMs: ms.nullable(), signs: z.array(z.string()) })),
});

export const capacityAnswer = z.object({ queue, capacity: count, capacityFrom, depth: count, over: count });
export const switchAnswer = z.object({ queue, sealed: z.boolean(), paused: z.boolean() });

const quantiles = z.object({ p50: ms, p95: ms }).nullable();
const totals = z.object({
  put: count,
  waited: count,
  refused: count,
  started: count,
  completed: count,
  retried: count,
  dead: count,
  waitMs: quantiles,
  runMs: quantiles,
});

export const historyAnswer = z.object({
  queue,
  since: time,
  until: time,
  everyMs: ms,
  points: z.array(totals.extend({ at: time })),
  total: totals,
  /** By the name of the contract. */
  jobs: z.record(z.string(), totals),
});

const rate = z.object({ jobs: count, perMs: count }).nullable();
const limits = { running: count.nullable(), rate, heldBack: count };

export const limitsAnswer = z.object({
  queue,
  ...limits,
  active: count,
  /** By the name of the contract. */
  jobs: z.record(z.string(), z.object({ ...limits, paused: z.boolean(), active: count.nullable() })),
});

export const waitersAnswer = z.object({
  queue,
  waiters: z.array(
    z.object({
      producer: z.string(),
      host: z.string().nullable(),
      pid: z.int().nullable(),
      since: time,
      waitedMs: ms,
      jobs: count,
    }),
  ),
  total: count,
});

const running = { id: z.string(), job: z.string(), startedAt: time, timeoutMs: ms.nullable() };
const load = z.object({ abandoned: count, lateRenewals: count, loopLagMs: ms });
const pool = z.object({
  id: z.string(),
  about: z
    .object({
      name: z.string(),
      kind: z.enum(['pool', 'consumer']),
      host: z.string(),
      pid: z.int(),
      version: z.string(),
      startedAt: time,
      state: z.enum(['running', 'draining']),
      slots: count.nullable(),
      contracts: z.array(z.object({ name: z.string(), version: z.int(), timeoutMs: ms.exactOptional() })),
      /** In its first seconds, and of an older version, absent. */
      load: load.exactOptional(),
    })
    .nullable(),
  running: z.array(z.object(running)),
});

export const poolsAnswer = z.object({
  queue,
  pools: z.array(pool),
  poolsTotal: count,
  elsewhere: z.array(z.object({ ...running, worker: z.string().nullable() })),
  runningTotal: count,
  runningLooked: count,
});
export const poolOrderAnswer = z.object({ queue, confirmed: z.array(pool), unconfirmed: z.array(pool) });

export const poisonAnswer = z.object({
  queue,
  suspects: z.array(
    z.object({
      id: z.string(),
      job: z.string(),
      state: z.enum(['waiting', 'running']),
      turn: count,
      groupSize: count,
      suspectedAt: time,
      waitsFor: z.enum(['worker', 'resume', 'earlier-groups', 'idle-process']).nullable(),
      crashes: z.array(crash),
    }),
  ),
  waiting: count,
  makeWayAt: time.nullable(),
  paused: z.boolean(),
  pools: count,
  guilty: z.array(listedJob.extend({ crashes: z.array(crash) })),
  looked: count,
  dead: count,
});

const schedule = z.object({
  name: z.string(),
  job: z.string(),
  cadence: z.union([z.object({ cron: z.string(), timeZone: z.string() }), z.object({ everyMs: count })]),
  startAtMs: time.nullable(),
  endAtMs: time.nullable(),
  jitterMs: ms,
  catchUp: z.union([z.enum(['skip', 'one']), z.object({ all: count })]),
  overlap: z.boolean(),
  payload: z.unknown(),
  state: z.enum(['active', 'paused', 'ended']),
  nextMs: time.nullable(),
  last: z.object({ id: z.string(), atMs: time }).nullable(),
  runs: count,
  overlapped: count,
  missed: count,
  setBy: z.enum(['operator', 'definition', 'bullmq']),
});

export const schedulesAnswer = z.object({ queue, schedules: z.array(schedule) });
export const scheduleAnswer = schedule.extend({ queue, next: z.array(time) });
export const scheduleSetAnswer = z.object({ queue, name: z.string(), status: z.string(), next: time.nullable() });
export const scheduleChangeAnswer = z.object({
  queue,
  name: z.string(),
  status: z.enum(['paused', 'resumed', 'removed']),
});

export const redisAnswer = z.object({
  server: z.enum(['redis', 'valkey']),
  version: z.string(),
  usedBytes: count.nullable(),
  maxBytes: count.nullable(),
  latencyMs: ms,
});
