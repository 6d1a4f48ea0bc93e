import type { JobCrash } from '../poison/job-crashes.ts';
import type { FailedAttempt } from '../results/failed-attempts.ts';
import type { JobEventEntry } from './read-job-events.ts';

/** A step of a job's life. */
export interface JobTransition {
  /** In milliseconds since the epoch. Of a `crash`: when its process was last heard of, but not before the start that it ended. */
  at: number;
  /**
   * `put`, `crash` (of the process in which it ran), or BullMQ's name of the event: `waiting`, `active`, `delayed`, `completed`,
   * `failed`, `stalled`, `waiting-children`, `retries-exhausted`, `progress`, `removed`, `duplicated`, `deduplicated` and others.
   */
  event: string;
  /** BullMQ's name of the state before: `wait`, `active`, `delayed` and others; null where it is not known. */
  from: string | null;
  /** The worker that did it; null where Redis does not know. */
  worker: string | null;
  /** Of a start: the fencing token of the delivery; null where Redis does not know it any more. */
  fencingToken: number | null;
  /** What more there is to say, such as until when it is delayed, or what a crash is evidence for; null for nothing. */
  note: string | null;
}

/** What the job's hash says of its life. */
export interface JobLife {
  readonly createdAt: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly isDead: boolean;
  /** Of the last delivery. */
  readonly worker: string | null;
  readonly fencingToken: number | null;
  /** How often it was taken; the last one may run. */
  readonly deliveries: number;
  readonly crashes: readonly JobCrash[];
  readonly failedAttempts: readonly FailedAttempt[];
}

/** All that is known, in the order of time: the events that are kept, and what only the hash still says. */
export function jobTransitions(events: readonly JobEventEntry[], life: JobLife): JobTransition[] {
  const known = events.map(fromEvent);
  const has = (event: string, at: number): boolean =>
    known.some((each) => each.event === event && each.at >= at - NEAR_MS);
  if (life.createdAt !== null && !known.some(({ event }) => event === 'put'))
    known.push({ ...nothing, at: life.createdAt, event: 'put' });
  if (life.startedAt !== null && !has('active', life.startedAt))
    known.push({ ...nothing, at: life.startedAt, event: 'active' });
  if (life.endedAt !== null && !known.some(({ event }) => event === 'completed' || event === 'failed'))
    known.push({ ...nothing, at: life.endedAt, event: life.isDead ? 'failed' : 'completed' });
  const sorted = known.toSorted((a, b) => a.at - b.at);
  const starts = sorted.filter(({ event }) => event === 'active');
  const startOf = (delivery: number | null): JobTransition | undefined =>
    delivery === null || delivery > life.deliveries ? undefined : starts.at(delivery - 1 - life.deliveries);
  for (const { delivery, worker } of [...life.failedAttempts, ...life.crashes])
    Object.assign(startOf(delivery) ?? {}, { worker });
  Object.assign(starts.at(-1) ?? {}, { worker: life.worker, fencingToken: life.fencingToken });
  for (const crash of life.crashes) insertCrash(sorted, crash, startOf(crash.delivery));
  return sorted;
}

/** Behind the start of its delivery, before what gave it back: the process may have been heard of last before it took the job. */
function insertCrash(steps: JobTransition[], crash: JobCrash, start: JobTransition | undefined): void {
  const from = start ? steps.indexOf(start) + 1 : 0;
  const next = steps.findIndex(
    ({ at, event }, index) => index >= from && (start ? givesBack.has(event) : at > crash.at),
  );
  const index = next === -1 ? steps.length : next;
  const at = Math.min(Math.max(crash.at, steps[index - 1]?.at ?? crash.at), steps[index]?.at ?? Infinity);
  steps.splice(index, 0, fromCrash(crash, at));
}

/** What the sweep tells of a job that it took from a process that is gone. */
const givesBack = new Set(['waiting', 'delayed', 'stalled', 'failed', 'active']);

/** The hash has the worker's clock, the stream that of Redis. */
const NEAR_MS = 1_000;

const nothing = { from: null, worker: null, fencingToken: null, note: null };

function fromEvent({ at, event, prev, until }: JobEventEntry): JobTransition {
  const note = event === 'delayed' && until !== null ? `until ${new Date(until).toISOString()}` : null;
  return { ...nothing, at, event: event === 'added' ? 'put' : event, from: prev, note };
}

function fromCrash({ at: heardAt, worker, evidence, jobsInProcess }: JobCrash, at: number): JobTransition {
  const note = `${evidence}, ${jobsInProcess} in the process, last heard of at ${new Date(heardAt).toISOString()}`;
  return { ...nothing, at, event: 'crash', worker, note };
}
