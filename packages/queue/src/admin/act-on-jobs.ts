import type { KeysMap } from 'bullmq';
import { OptionError } from '../job/errors/index.ts';
import * as optionRule from '../job/options/option-rules.ts';
import type { OptionRules } from '../job/options/option-rules.ts';
import type { RedisOperation } from '../store/connection/redis-connection.ts';
import { readRedisTime } from '../store/connection/redis-time.ts';
import { countJobs, sourcesOf } from '../store/jobs/job-sources.ts';
import { JobWalk, type WalkedJob } from '../store/jobs/job-walk.ts';
import type { StoredFilter } from '../store/jobs/stored-filter.ts';
import { Pace } from './pace.ts';

/** How something is done to all jobs that a filter finds. */
export interface ActOptions {
  /**
   * Only count the jobs that match.
   *
   * @default false
   */
  dryRun?: boolean;
  /**
   * The most jobs that are acted on in a second, from 1 to 10,000.
   *
   * @default 100
   */
  ratePerSecond?: number;
  /**
   * The most jobs that are acted on, from 1.
   *
   * @default all that match
   */
  limit?: number;
  /**
   * `next` of a report, to go on where that run stopped. With the same filter.
   *
   * @default from the beginning
   */
  cursor?: string;
  /**
   * Ends the run when it aborts. The run then resolves, and says where it stopped.
   *
   * @default none
   */
  signal?: AbortSignal;
  /**
   * Called after each batch, and while jobs are looked at that do not match.
   *
   * @default nobody is told
   */
  onProgress?: (progress: ActProgress) => void;
}

/** How far a run has come. */
export interface ActProgress {
  /** Jobs that matched so far. */
  matched: number;
  /** Jobs that were looked at so far. */
  looked: number;
  /** Jobs that there were in the states of the filter when the run began. */
  total: number;
}

/** What a run has done. `Result` is what can become of one job. */
export interface ActReport<Result extends string, Stop extends string = never> extends ActProgress {
  /** How many jobs each result has; empty for a dry run. */
  results: Partial<Record<Result, number>>;
  /** `end`: no more jobs match. `limit`, `aborted`: there may be more. */
  stopped: 'end' | 'limit' | 'aborted' | Stop;
  /** The cursor to go on with; null at the end. */
  next: string | null;
}

export const actRules = {
  dryRun: optionRule.yesOrNo,
  ratePerSecond: optionRule.numberBetween(1, 10_000),
  limit: optionRule.wholeNumber(1),
  cursor: optionRule.text,
  signal: optionRule.abortSignal,
  onProgress: optionRule.callable,
} satisfies OptionRules<ActOptions>;

/** One run, over all calls that continue it by a cursor. */
export interface ActRun {
  /** 12 letters and digits. */
  readonly id: string;
  /** When it began, in milliseconds since the epoch, by Redis's clock. */
  readonly beganAtMs: number;
}

/** What an action did: a result for each job, in their order. Fewer results: it stopped before the next job, and says why. */
export interface Acted<Result extends string, Stop extends string> {
  readonly results: readonly Result[];
  readonly stop?: Stop;
}

/** What is done to jobs, a batch at a time. It must check each job at that moment: it may have moved since it was found. */
export type Action<Result extends string, Stop extends string = never, Job = WalkedJob> = (
  jobs: readonly Job[],
  run: ActRun,
) => Promise<Acted<Result, Stop>>;

export interface ActDeps {
  readonly keys: KeysMap;
  call<T>(operation: RedisOperation<T>): Promise<T>;
}

/**
 * Acts on all jobs that match, in batches, at a rate. Of jobs that ended it finds those that had ended when the run began: one that
 * it puts back to work and that ends again is not found again.
 *
 * @throws OptionError when the cursor is none of this filter
 */
export async function actOnJobs<Result extends string, Stop extends string = never>(
  deps: ActDeps,
  filter: StoredFilter,
  options: ActOptions,
  action: Action<Result, Stop>,
): Promise<ActReport<Result, Stop>> {
  const { dryRun = false, ratePerSecond = 100, limit = Infinity, signal } = options;
  const { walk, run } = await beginRun(deps, filter, options.cursor);
  const total = await deps.call((client) => countJobs(client, deps.keys, sourcesOf(filter.states)));
  const report: ActReport<Result, Stop> = { matched: 0, looked: 0, total, results: {}, stopped: 'end', next: null };
  const pace = new Pace(ratePerSecond);
  const batchMax = dryRun ? Infinity : pace.batchMax;
  for (let stop: ActReport<Result, Stop>['stopped'] | undefined; ;) {
    if (signal?.aborted) stop ??= 'aborted';
    if (report.matched >= limit) stop ??= 'limit';
    if (stop !== undefined) return { ...report, stopped: stop, next: await positionOf(deps, walk, run) };
    const step = await deps.call((client) => walk.next(client, Math.min(batchMax, limit - report.matched)));
    if (!step) return report;
    report.looked += step.looked;
    if (dryRun || step.jobs.length === 0) {
      report.matched += step.jobs.length;
    } else if (await pace.wait(signal)) {
      const acted = await action(step.jobs, run);
      addResults(report, acted.results);
      pace.spend(acted.results.length);
      stop = acted.stop;
      if (stop !== undefined) walk.keepOnly(acted.results.length);
    } else {
      walk.keepOnly(0);
    }
    options.onProgress?.({ matched: report.matched, looked: report.looked, total });
  }
}

export function addResults<Result extends string>(report: ActReport<Result, string>, results: readonly Result[]): void {
  report.matched += results.length;
  for (const result of results) report.results[result] = (report.results[result] ?? 0) + 1;
}

async function positionOf({ call }: ActDeps, walk: JobWalk, run: ActRun): Promise<string | null> {
  const position = await call((client) => walk.position(client));
  return position === null ? null : writeCursor(run, position);
}

/** The run is in the cursor, so that one that continues is the same run. */
async function beginRun(
  { keys, call }: ActDeps,
  filter: StoredFilter,
  cursor: string | undefined,
): Promise<{ walk: JobWalk; run: ActRun }> {
  const before = cursor === undefined ? undefined : readCursor(cursor);
  const beganAtMs = before?.beganAtMs ?? Math.ceil(await call((client) => readRedisTime(client, keys['meta'] ?? '')));
  const id = before?.id ?? newRunId();
  const walk = new JobWalk(keys, { ...filter, endedBeforeMs: beganAtMs });
  if (cursor !== undefined && !(before && walk.continueAt(before.position)))
    throw new OptionError('cursor must be the `next` of a report with the same filter');
  return { walk, run: { id, beganAtMs } };
}

export function newRunId(): string {
  return crypto.randomUUID().replaceAll('-', '').slice(0, 12);
}

function writeCursor({ id, beganAtMs }: ActRun, position: string): string {
  return Buffer.from(`${id} ${beganAtMs} ${position}`).toString('base64url');
}

function readCursor(cursor: string): (ActRun & { position: string }) | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, id = '', beganAtMs = '', position] = /^([0-9a-f]{12}) (\d{1,15}) (.+)$/s.exec(text) ?? [];
  return position === undefined ? undefined : { id, beganAtMs: Number(beganAtMs), position };
}
