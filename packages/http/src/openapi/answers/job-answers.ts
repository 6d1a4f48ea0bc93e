import { jobSnapshotStates } from '@sluice/queue';
import { z } from 'zod';

/** Milliseconds since 1970, as all times here. */
export const time = z.int();
export const count = z.int().min(0);
const failure = z.object({ code: z.string(), message: z.string() });
const state = z.enum(jobSnapshotStates);
/** Any JSON. */
const anything = z.unknown();

const job = {
  id: z.string(),
  job: z.string(),
  state,
  attempts: count,
  failure: failure.optional(),
  createdAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
};

/** A job as it is. */
export const jobAnswer = z.object({
  queue: z.string(),
  ...job,
  progress: anything,
  result: anything.optional(),
});

export const listedJob = z.object({
  ...job,
  worker: z.string().nullable(),
  replays: count,
  heldBack: z.literal(true).optional(),
});

/** A page of jobs, or of dead letters. */
export const jobsAnswer = z.object({
  queue: z.string(),
  jobs: z.array(listedJob),
  next: z.string().nullable(),
  looked: count,
  total: count,
});

export const crash = z.object({
  at: time,
  worker: z.string(),
  jobsInProcess: count,
  evidence: z.enum(['alone', 'shared', 'drain', 'machine']),
  delivery: count.nullable(),
});

export const deadLetterAnswer = z.object({
  ...jobAnswer.shape,
  failedAttempts: z.array(
    z.object({
      delivery: count,
      attempt: count,
      at: time,
      code: z.string(),
      message: z.string(),
      worker: z.string(),
    }),
  ),
  stacks: z.array(z.string()),
  deliveries: count,
  worker: z.string().nullable(),
  replays: z.object({ count, lastAt: time.nullable(), lastDeath: failure.nullable() }),
  payload: anything.optional(),
  payloadBytes: count,
  attemptsMax: count,
  priority: count.nullable(),
  dueAt: time.nullable(),
  heldBack: z.literal(true).optional(),
  expiresAt: time.nullable(),
  crashes: z.array(crash),
});

export const logsAnswer = z.object({ queue: z.string(), id: z.string(), logs: z.array(z.string()), total: count });

/** What a job waits for; what else it says depends on `reason`. */
const waitReason = z.looseObject({ reason: z.string() });

export const whyAnswer = z.object({
  queue: z.string(),
  id: z.string(),
  job: z.string().nullable(),
  state: z.enum([...jobSnapshotStates, 'unknown']),
  reasons: z.array(waitReason),
  running: z
    .object({
      worker: z.string().nullable(),
      delivery: count,
      fencingToken: z.int().nullable(),
      since: time,
      leaseMs: z.number(),
    })
    .nullable(),
  attempts: z.object({ made: count, most: count, deliveries: count, counted: count }),
  failure: failure.nullable(),
  crashes: z.array(crash),
  logs: count,
  transitions: z.array(
    z.object({
      at: time,
      event: z.string(),
      from: z.string().nullable(),
      worker: z.string().nullable(),
      fencingToken: z.int().nullable(),
      note: z.string().nullable(),
    }),
  ),
  isWhole: z.boolean(),
  events: z.enum(['all', 'ended', 'none']),
});

/** What became of a change to one job. */
export const cancelAnswer = z.object({ queue: z.string(), id: z.string(), outcome: z.string() });
export const changeAnswer = z.object({ queue: z.string(), id: z.string(), result: z.enum(['edited', 'replayed']) });

/** What became of many. */
export const actAnswer = z.object({
  queue: z.string(),
  matched: count,
  looked: count,
  total: count,
  /** By outcome. */
  results: z.record(z.string(), count),
  stopped: z.string(),
  next: z.string().nullable(),
});
export const replayAnswer = actAnswer.extend({ left: count });

export const dedupeAnswer = z.object({
  queue: z.string(),
  job: z.string(),
  key: z.string(),
  id: z.string(),
  endsInMs: z.number().nullable(),
  next: z.string().nullable(),
});
export const dedupeEndAnswer = z.object({
  queue: z.string(),
  job: z.string(),
  key: z.string(),
  removed: z.literal(true),
});

/** All of one job, in the form of the page, which may change with every version. */
const flowJob = z.object({ queue: z.string(), id: z.string() });
const flow = z
  .object({
    parent: flowJob.nullable(),
    children: z.array(flowJob.extend({ outcome: z.enum(['unfinished', 'completed', 'dead']) })),
    childrenTotal: count,
  })
  .nullable();

export const consoleJobAnswer = z.object({
  details: z.looseObject({ id: z.string() }).nullable(),
  texts: z.looseObject({}).nullable(),
  why: whyAnswer.omit({ queue: true }),
  stacks: z.array(z.string()),
  flow: flow,
});

/** The secret fields of a job: each with its path, and its value as JSON. */
export const revealAnswer = z.object({
  queue: z.string(),
  id: z.string(),
  fields: z.array(z.object({ path: z.string(), json: z.string() })),
});
