import type { Logger } from '@sluice/queue/logging';
import type { ProgressReport } from './progress/progress.ts';

/** What comes back of a page's body: nothing, its text, or its text parsed as JSON. */
export const bodyModes = ['none', 'text', 'json'] as const;
export type BodyMode = (typeof bodyModes)[number];

/** Everything that decides what a run does, resolved: no defaults are left to fill in. */
export interface RunOptions {
  /** Path of the list of URLs; `-` reads standard input. */
  input: string;
  /** Path of the NDJSON file; null writes to standard output. */
  out: string | null;
  /** The most unfinished URLs that the queue holds at any instant, from 1. */
  capacity: number;
  /** Worker processes, from 1. */
  workers: number;
  /** URLs that one worker process fetches at a time, from 1. */
  concurrency: number;
  /** The most unfinished URLs of one host and port at a time, over all workers, from 1. */
  perHost: number;
  /** Deadline of one attempt in milliseconds. */
  timeoutMs: number;
  /** The longest that a host may ask to be left alone; the lines of one that asks for longer are left for the next run. */
  retryAfterMaxMs: number;
  /** How often one URL is tried in all, from 1. */
  attempts: number;
  body: BodyMode;
  /** URL of the Redis to use; null starts a private one for the run. */
  redis: string | null;
  /** Where the run keeps what it needs to go on after a crash; null is `<out>.sluice`. */
  stateDir: string | null;
  /** Forget an earlier, unfinished run and its results, and start over. */
  restart: boolean;
  /** Of an earlier run keep what is ok, and fetch the lines that failed again. */
  retryFailed: boolean;
  /** Fetch private, loopback and link-local addresses too. */
  allowPrivate: boolean;
}

export const runDefaults = {
  out: null,
  capacity: 1_000,
  workers: 2,
  concurrency: 10,
  perHost: 8,
  timeoutMs: 30_000,
  attempts: 3,
  retryAfterMaxMs: 900_000,
  body: 'none',
  redis: null,
  stateDir: null,
  restart: false,
  retryFailed: false,
  allowPrivate: false,
} as const satisfies Omit<RunOptions, 'input'>;

/** What a run needs from its caller. */
export interface RunHooks {
  report: ProgressReport;
  /** Aborting it drains the run: nothing more is put, running attempts may end, the rest is kept for a next run. */
  signal: AbortSignal;
  log: Logger;
  /** Called when it is known that the same command can go on with this run. Default: nothing. */
  onKept?: () => void;
  /** Environment that worker processes inherit, without its `SLUICE_*` and `REDIS_URL` entries. Default: empty. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Default: the process's own. */
  stdin?: NodeJS.ReadableStream;
  stdout?: NodeJS.WritableStream;
}

/** One thing that held a run back, in words for the command line, and for what share of the time, from 0 to 1. */
export interface RunLimit {
  by: string;
  share: number;
}

/** How a run ended. Counts are over the whole output, including what an earlier, interrupted run wrote. */
export interface RunSummary {
  /** Lines of the input that have a result now. */
  lines: number;
  /** Results that are ok: answered with a status of 200 to 299. */
  fetched: number;
  /** All other results, `timedOut` among them. */
  failed: number;
  timedOut: number;
  /** Of the failed ones those that another try may change: all but lines that are no URL. */
  retryable: number;
  /** Results that took more than one attempt. */
  retried: number;
  /** Lines whose result an earlier run had written. */
  alreadyDone: number;
  /** The most unfinished jobs that the queue was seen to hold. */
  highestDepth: number;
  capacity: number;
  /** Lines without a result, because their host asked to be left alone for too long: the same command goes on with them. */
  givenUp: number;
  /** How often putting had to wait for capacity, and how long. */
  waits: { count: number; totalMs: number; longestMs: number };
  /** What held the run back, the largest share of the time first. */
  limits: readonly RunLimit[];
  workers: number;
  out: string | null;
  elapsedMs: number;
  /** The run was asked to stop; lines without a result may be left. */
  interrupted: boolean;
  /** Whether the same command goes on where this one stopped. */
  resumable: boolean;
}
