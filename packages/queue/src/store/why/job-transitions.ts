import type { JobCrash } from '../poison/job-crashes.ts';
import type { JobEventEntry } from './read-job-events.ts';

/** A step of a job's life. */
export interface JobTransition {
  /** In milliseconds since the epoch. */
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
  readonly crashes: readonly JobCrash[];
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
  known.push(...life.crashes.map(fromCrash));
  const sorted = known.toSorted((a, b) => a.at - b.at);
  const last = sorted.findLast(({ event }) => event === 'active');
  if (last) Object.assign(last, { worker: life.worker, fencingToken: life.fencingToken });
  return sorted;
}

/** The hash has the worker's clock, the stream that of Redis. */
const NEAR_MS = 1_000;

const nothing = { from: null, worker: null, fencingToken: null, note: null };

function fromEvent({ at, event, prev, until }: JobEventEntry): JobTransition {
  const note = event === 'delayed' && until !== null ? `until ${new Date(until).toISOString()}` : null;
  return { ...nothing, at, event: event === 'added' ? 'put' : event, from: prev, note };
}

function fromCrash({ at, worker, evidence, jobsInProcess }: JobCrash): JobTransition {
  return { ...nothing, at, event: 'crash', worker, note: `${evidence}, ${jobsInProcess} in the process` };
}
