import { OptionError } from '../job/errors/index.ts';
import { type Action, type ActOptions, type ActReport, addResults, newRunId } from './act-on-jobs.ts';
import { Pace } from './pace.ts';

/** The most ids of one call. */
const IDS_MAX = 1_000;

export interface ActOnIds<Result extends string, Stop extends string> {
  /** The id as it is stored; null when there is no such job, which counts as `gone`. */
  find(id: string): Promise<string | null>;
  readonly action: Action<Result | 'gone', Stop, { readonly id: string }>;
}

/**
 * Acts on jobs by their ids, in their order. There is no cursor: to go on, give the ids again.
 *
 * @throws OptionError for too many ids
 */
export async function actOnIds<Result extends string, Stop extends string>(
  given: readonly string[],
  { dryRun = false, ratePerSecond = 100, limit = Infinity, signal, onProgress }: ActOptions,
  { find, action }: ActOnIds<Result, Stop>,
): Promise<ActReport<Result | 'gone', Stop>> {
  const ids = [...new Set(given)];
  if (ids.length > IDS_MAX) throw new OptionError(`at most ${IDS_MAX} ids in one call, not ${ids.length}`);
  const run = { id: newRunId(), beganAtMs: Date.now() };
  const jobs = (await Promise.all(ids.map(find))).flatMap((id) => (id === null ? [] : [{ id }]));
  const gone = ids.length - jobs.length;
  const report: ActReport<Result | 'gone', Stop> = {
    matched: dryRun ? jobs.length : 0,
    looked: dryRun ? ids.length : gone,
    total: ids.length,
    results: gone > 0 && !dryRun ? ({ gone } as Partial<Record<Result | 'gone', number>>) : {},
    stopped: 'end',
    next: null,
  };
  const pace = new Pace(ratePerSecond);
  while (!dryRun && report.matched < jobs.length) {
    const { matched } = report;
    if (matched >= limit) return { ...report, stopped: 'limit' };
    if (signal?.aborted || !(await pace.wait(signal))) return { ...report, stopped: 'aborted' };
    const { results, stop } = await action(jobs.slice(matched, Math.min(matched + pace.batchMax, limit)), run);
    addResults(report, results);
    report.looked += results.length;
    pace.spend(results.length);
    if (stop !== undefined) return { ...report, stopped: stop };
    onProgress?.({ matched: report.matched, looked: report.looked, total: ids.length });
  }
  return report;
}
