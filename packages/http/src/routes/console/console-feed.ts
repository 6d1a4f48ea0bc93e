import type { AdminStats, HistoryTotals, JobDetails, JobExplanation, JobFlow, JobTexts } from '@sluice/queue';

/** A queue as a row of the console shows it. JSON-safe. */
export interface ConsoleQueue {
  /** Its name. */
  readonly queue: string;
  /** The contracts that this service knows of it. */
  readonly jobs: readonly string[];
  /** Its numbers at one instant. */
  readonly stats: AdminStats;
  /** For how long the first of the puts that wait for capacity has waited, in milliseconds; null when none waits. */
  readonly longestWaitMs: number | null;
  /** The last hour; null while it has not been read. */
  readonly hour: HistoryTotals | null;
  /** What is looked at less often; null while it has not been. */
  readonly workers: ConsoleWorkers | null;
}

/** Who works on a queue, and what keeps them from some of its jobs. */
export interface ConsoleWorkers {
  /** The slots of all pools together. */
  readonly slots: number;
  /** Where pools differ: contracts with their versions, and Sluice with its own. Empty where they are alike. */
  readonly versions: readonly string[];
  /** Jobs that limits hold back. */
  readonly heldBack: number;
  /** Whether the queue or a contract has a limit, or a contract is paused. */
  readonly isLimited: boolean;
}

/** How fast a queue was in the last five minutes. */
export interface ConsoleRates {
  /** Puts a second, one number for each 5 seconds, the last one last. */
  readonly put: readonly number[];
  /** Jobs that ended a second, completed or dead, likewise. */
  readonly ended: readonly number[];
}

/** The data of the event `queues`: those that are there, and what has changed of them since the event before. */
export interface ConsoleQueuesEvent {
  /** By the clock of the service, in milliseconds since the epoch. */
  readonly at: number;
  /** The names of all queues that this stream is about. */
  readonly names: readonly string[];
  /** Those that are new, or have other numbers than in the event before. */
  readonly changed: readonly ConsoleQueue[];
  /** Whether it may change anything, or only look. */
  readonly readOnly: boolean;
}

/** The data of the event `rates`: by the names of the queues. */
export type ConsoleRatesEvent = Readonly<Record<string, ConsoleRates>>;

/** The data of the event `trouble`: what kept the service from looking, for people. */
export interface ConsoleTroubleEvent {
  /** By the clock of the service, in milliseconds since the epoch. */
  readonly at: number;
  /** A sentence. */
  readonly detail: string;
}

/** All that the console shows of one job. */
export interface ConsoleJob {
  /** What is known of it, but for what is text; null of a job that is not kept. */
  readonly details: Omit<JobDetails, 'payload' | 'result'> | null;
  /** Its payload, its result and its log, each digit as it was stored; null of a job that is not kept. */
  readonly texts: JobTexts | null;
  /** Why it is where it is, and its life. */
  readonly why: JobExplanation;
  /** Its parent and its children; null of a job that is not kept. */
  readonly flow: JobFlow | null;
  /** Stack traces of a dead letter, the last one last. */
  readonly stacks: readonly string[];
}

/** How much time a number of {@link ConsoleRates} stands for. */
export const RATE_EVERY_MS = 5_000;
/** How many numbers there are: five minutes. */
export const RATE_POINTS = 60;
