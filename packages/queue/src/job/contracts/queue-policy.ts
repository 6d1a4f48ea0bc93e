import { DefinitionError } from '../errors/index.ts';
import { checkOptions, findOptionProblems, shownValue } from '../options/check-options.ts';
import { isObject, oneOf, type OptionRules, options, required, wholeNumber } from '../options/option-rules.ts';
import { withDefaults } from '../options/with-defaults.ts';
import { type ScheduleDefinitions, scheduleProblem } from '../schedules/schedule-definition.ts';
import type { JobContract } from './job-contract.ts';
import { limits } from './limits.ts';
import { isName, nameOption } from './name.ts';

/** The values of {@link WhenFull}. */
export const whenFullPolicies = ['wait', 'reject', 'drop-oldest', 'drop-lowest-priority'] as const;

/**
 * What a put does that finds no free capacity, or finds others waiting for it.
 *
 * - `wait`: it waits for its turn, up to `waitMs`.
 * - `reject`: it is refused at once.
 * - `drop-oldest`: it replaces the job that would be taken next.
 * - `drop-lowest-priority`: it replaces the least urgent job that waits, if that one is less urgent.
 *
 * A job that was dropped is dead, with the code `SLUICE_JOB_DROPPED`. A put that finds nothing to drop is refused.
 */
export type WhenFull = (typeof whenFullPolicies)[number];

/** The values of {@link EventPolicy}. */
export const eventPolicies = ['all', 'ended', 'none'] as const;

/**
 * Which events of its jobs a queue writes to BullMQ's stream.
 *
 * - `all`: those of BullMQ.
 * - `ended`: that a job has completed or died, and no step before.
 * - `none`: none; while a producer awaits a result, those of `ended`.
 *
 * It is about what Sluice's own scripts do: puts, takes, completions, drops, sweeps, schedules. What runs in BullMQ's own scripts, such
 * as failures and removals, is written in any case. Results, history and statistics need no events.
 */
export type EventPolicy = (typeof eventPolicies)[number];

/** The policies that make a dead job of one that waits. */
export type DropPolicy = Extract<WhenFull, `drop-${string}`>;

/** How many finished jobs are kept, and how long. Whichever limit is reached first counts. */
export interface Keep {
  /** At most this many, from 0. */
  count: number;
  /** Milliseconds after the end of the job, at least 1,000. */
  ageMs: number;
}

/** How many jobs run at once, and how many start in a time, over all pools. */
export interface JobLimits {
  /**
   * How many may run at once: a whole number from 1 to 1,000,000.
   *
   * @default no limit
   */
  running?: number;
  /**
   * How many may start in a time, of 1 to 86,400,000 ms; each attempt counts as a start.
   *
   * @default no limit
   */
  rate?: { jobs: number; perMs: number };
}

/** The limits that a definition states: of the queue, and of single contracts. */
export interface StatedLimits extends JobLimits {
  /**
   * Of single contracts, by their names; at most 100.
   *
   * @default none
   */
  jobs?: Readonly<Record<string, JobLimits>>;
}

export interface QueueOptions<Jobs extends readonly JobContract[], Name extends string = string> {
  /** 1 to 100 of `A-Z a-z 0-9 . _ -`. */
  name: Name;
  /** The contracts whose jobs this queue holds. At least one, no name twice. */
  jobs: Jobs;
  /**
   * The most unfinished jobs (waiting, delayed, backing off and running ones) that the queue may hold, at least 1.
   * There is no default: it must be chosen.
   */
  capacity: number;
  /**
   * Which state of this definition it is, a whole number from 1. While processes with different definitions of the queue are
   * at work, the capacity of the larger revision holds for all. State the number of the *deployment*, so that going back to an
   * older build has a larger one, too.
   *
   * @default none: of two definitions, the one that first connected later counts as the newer one, until
   * no process uses it any more; see docs/queue-administration.md
   */
  revision?: number;
  /** @default 'wait' */
  whenFull?: WhenFull;
  /** @default completed jobs for 1 h and at most 10,000; dead ones for 14 days and at most 1,000,000 */
  keep?: { completed?: Partial<Keep>; dead?: Partial<Keep> };
  /**
   * How long an id that a caller gave is known after its job has ended, in milliseconds: a whole number from 0 to one year. Until
   * then the same put again adds nothing (`duplicate`), and one with another payload is a conflict, also when `keep.count` has
   * removed the job; afterwards the id is new, also when the job is still kept. With 0 an id is free once its job has ended.
   * Each job carries the window that it was put with. An id that is remembered takes some 60 to 130 bytes of Redis.
   *
   * @default `keep.completed.ageMs` after a job completed, `keep.dead.ageMs` after it died
   */
  idempotencyMs?: number;
  /**
   * Limits that hold for the whole fleet while this definition is the newest one in use, as its capacity does. What
   * `admin.limits.set` sets at run time stands above them.
   *
   * @default no limits
   */
  limits?: StatedLimits;
  /**
   * Which events of its jobs are written; for those who read none. It holds for the whole fleet while this definition is the newest one
   * in use, as its capacity does.
   *
   * @default 'all'
   */
  events?: EventPolicy;
  /**
   * What the Redis keys start with: 1 to 100 of `A-Z a-z 0-9 . _ -`.
   *
   * @default `bull`, as in BullMQ
   */
  prefix?: string;
  /**
   * Jobs that come again and again, by the names of their schedules. Workers set them when they start, and remove those that the
   * definition before had and this one has not. Of two definitions the newer one counts, as for the capacity. One that an operator has
   * set stands above them.
   *
   * @default none
   */
  schedules?: ScheduleDefinitions<Jobs[number]>;
}

/** A named, bounded, durable list of jobs, with its policies. Made by {@link defineQueue}; frozen. */
export interface QueueDefinition<
  Jobs extends readonly JobContract[] = readonly JobContract[],
  Name extends string = string,
> {
  /** As it was given, without the braces that it has in Redis. */
  readonly name: Name;
  /** The contracts whose jobs this queue holds. */
  readonly jobs: Jobs;
  /** The most unfinished jobs that the queue may hold. */
  readonly capacity: number;
  /** Null when none is stated. */
  readonly revision: number | null;
  /** What a put does on a full queue. */
  readonly whenFull: WhenFull;
  /** How many ended jobs are kept, and for how long. */
  readonly keep: { readonly completed: Readonly<Keep>; readonly dead: Readonly<Keep> };
  /** How long an id is known after its job's end; undefined: as long as `keep` says. */
  readonly idempotencyMs: number | undefined;
  /** What it states of limits; empty when nothing. */
  readonly limits: Readonly<StatedLimits>;
  /** Which events of its jobs are written. */
  readonly events: EventPolicy;
  /** What the Redis keys start with. */
  readonly prefix: string;
  /** Jobs that come again and again, by the names of their schedules. */
  readonly schedules: ScheduleDefinitions;
}

/** Any of the contracts of a queue. */
export type JobOf<Q extends QueueDefinition> = Q['jobs'][number];

/** The defaults of `defineQueue`. */
export const queueDefaults = {
  whenFull: 'wait',
  keep: {
    completed: { count: 10_000, ageMs: 3_600_000 },
    dead: { count: 1_000_000, ageMs: 14 * 86_400_000 },
  },
  events: 'all',
  prefix: 'bull',
} as const satisfies Pick<QueueDefinition, 'whenFull' | 'keep' | 'events' | 'prefix'>;

const keepRules = { count: wholeNumber(0), ageMs: wholeNumber(1_000) } satisfies OptionRules<Keep>;

const rateRules = {
  jobs: required(wholeNumber(1, 1_000_000)),
  perMs: required(wholeNumber(1, 86_400_000)),
} satisfies OptionRules<NonNullable<JobLimits['rate']>>;

const jobLimitRules = {
  running: wholeNumber(1, 1_000_000),
  rate: options(rateRules),
} satisfies OptionRules<JobLimits>;

const limitRules = {
  ...jobLimitRules,
  jobs: { must: 'be limits by the names of contracts, at most 100', holds: isLimitsByName },
} satisfies OptionRules<StatedLimits>;

const queueRules = {
  name: required(nameOption),
  prefix: nameOption,
  capacity: required({ ...wholeNumber(1), must: 'be chosen: a whole number from 1' }),
  revision: wholeNumber(1),
  jobs: required({ must: 'name at least one contract, each made by defineJob', holds: isListOfContracts }),
  whenFull: oneOf(whenFullPolicies),
  keep: options({ completed: options(keepRules), dead: options(keepRules) }),
  idempotencyMs: wholeNumber(0, limits.idempotencyMaxMs),
  schedules: { must: 'be an object of schedules by name', holds: isObject },
  limits: options(limitRules),
  events: oneOf(eventPolicies),
} satisfies OptionRules<QueueOptions<readonly JobContract[]>>;

/**
 * Defines a queue.
 *
 * @throws DefinitionError when the name, the capacity or the list of jobs cannot work, or an option is unknown; with all
 * problems at once.
 */
export function defineQueue<const Jobs extends readonly JobContract[], const Name extends string>(
  given: QueueOptions<Jobs, Name>,
): QueueDefinition<Jobs, Name> {
  const where = isObject(given) ? `queue ${given.name}` : 'defineQueue';
  checkOptions(where, queueRules, given, DefinitionError);
  const queue: QueueDefinition<Jobs, Name> = {
    name: given.name,
    // A copy, so that it cannot be added to later; a copy of a tuple is still that tuple.
    jobs: Object.freeze([...given.jobs]) as unknown as Jobs,
    capacity: given.capacity,
    revision: given.revision ?? null,
    whenFull: given.whenFull ?? queueDefaults.whenFull,
    keep: Object.freeze({
      completed: Object.freeze(withDefaults<Keep>(queueDefaults.keep.completed, given.keep?.completed)),
      dead: Object.freeze(withDefaults<Keep>(queueDefaults.keep.dead, given.keep?.dead)),
    }),
    idempotencyMs: given.idempotencyMs,
    limits: Object.freeze({ ...given.limits }),
    events: given.events ?? queueDefaults.events,
    prefix: given.prefix ?? queueDefaults.prefix,
    schedules: Object.freeze({ ...given.schedules }) as ScheduleDefinitions,
  };
  const names = queue.jobs.map((job) => job.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new DefinitionError(`${where}: jobs must not name a contract twice, as it does ${twice}`);
  const wrong = Object.entries(queue.schedules).flatMap(([name, one]) => scheduleProblem(name, one, queue.jobs) ?? []);
  if (wrong.length > 0) throw new DefinitionError(`${where}: ${wrong.join('; ')}`);
  const strangers = Object.keys(queue.limits.jobs ?? {}).filter((name) => !names.includes(name));
  if (strangers.length > 0)
    throw new DefinitionError(`${where}: limits.jobs names ${strangers.join(', ')}, which is none of its jobs`);
  return Object.freeze(queue);
}

/** @throws DefinitionError for callers whose compiler did not look */
export function checkQueue(where: string, queue: unknown): void {
  if (isObject(queue) && isName(queue['name']) && 'capacity' in queue && isListOfContracts(queue['jobs'])) return;
  throw new DefinitionError(
    `${where}: the first argument must be a queue made by defineQueue, not ${shownValue(queue)}`,
  );
}

function isLimitsByName(value: unknown): boolean {
  if (!isObject(value) || Object.keys(value).length > 100) return false;
  return Object.values(value).every((each) => findOptionProblems(jobLimitRules, each).length === 0);
}

function isListOfContracts(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((job) => isObject(job) && isName(job['name']) && 'retry' in job);
}
