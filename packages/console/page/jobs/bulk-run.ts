import type { JobSnapshotState } from '@sluice/queue';
import { ask, ofQueue } from '../api/ask.ts';
import type { JobSearch } from './search-text.ts';

export type BulkKind = 'cancel' | 'replay' | 'purge';

/** Which jobs an action is for: those of these ids, or all that match. */
export type BulkTarget =
  | { readonly ids: readonly string[] }
  | { readonly search: JobSearch; readonly states: readonly JobSnapshotState[] };

/** What has been done so far, by what became of the jobs. */
export interface BulkProgress {
  readonly done: number;
  readonly results: Readonly<Record<string, number>>;
}

/** What a request reports of a part of the jobs. */
interface PartReport {
  readonly matched: number;
  readonly results: Readonly<Record<string, number>>;
  readonly stopped: string;
  readonly next: string | null;
}

/** The most that is counted at once. */
const COUNTED = 10_000;
/** How much of the run one request does, so that it can be stopped in between. */
const PART_SECONDS = 2;
const IDS_AT_ONCE = 100;

/** How many jobs an action would be for. `isMore`: at least that number. */
export async function countMatches(
  queue: string,
  kind: BulkKind,
  target: BulkTarget,
): Promise<{ matched: number; isMore: boolean }> {
  if ('ids' in target) return { matched: target.ids.length, isMore: false };
  const body = { filter: filterOf(kind, target), dryRun: true, limit: COUNTED };
  const { matched, stopped } = await ask<PartReport>(pathOf(queue, kind), { method: 'POST', body });
  return { matched, isMore: stopped === 'limit' };
}

export interface BulkRun {
  readonly queue: string;
  readonly kind: BulkKind;
  readonly target: BulkTarget;
  readonly ratePerSecond: number;
  /** Asked for between two parts. */
  readonly isStopped: () => boolean;
  readonly onProgress: (progress: BulkProgress) => void;
}

/** Does it, part by part. Resolves to why it ended: `end` when nothing is left. */
export async function runBulk(run: BulkRun): Promise<string> {
  let progress: BulkProgress = { done: 0, results: {} };
  for await (const report of partsOf(run)) {
    const results: Record<string, number> = { ...progress.results };
    for (const [name, count] of Object.entries(report.results)) results[name] = (results[name] ?? 0) + count;
    progress = { done: Object.values(results).reduce((sum, count) => sum + count, 0), results };
    run.onProgress(progress);
    // A part that was full is not the end; all else is, and the report says why.
    if (report.stopped !== 'limit') return report.stopped;
    if (run.isStopped()) return 'stopped';
  }
  return 'end';
}

async function* partsOf(run: BulkRun): AsyncGenerator<PartReport> {
  const { queue, kind, target, ratePerSecond } = run;
  if ('ids' in target) return yield* partsOfIds(run, target.ids);
  const limit = Math.max(1, Math.min(COUNTED, Math.round(ratePerSecond * PART_SECONDS)));
  const filter = filterOf(kind, target);
  for (let cursor: string | null = null; ;) {
    const body = { filter, ratePerSecond, limit, ...(cursor !== null && { cursor }), ...waitOf(kind) };
    const report: PartReport = await ask<PartReport>(pathOf(queue, kind), { method: 'POST', body });
    yield report;
    cursor = report.next;
    if (cursor === null) return;
  }
}

/** A list of ids is cancelled one by one, because the API cancels one, or all that match. */
async function* partsOfIds(
  { queue, kind, ratePerSecond }: BulkRun,
  ids: readonly string[],
): AsyncGenerator<PartReport> {
  const size = kind === 'cancel' ? 1 : Math.max(1, Math.min(IDS_AT_ONCE, Math.round(ratePerSecond * PART_SECONDS)));
  for (let at = 0; at < ids.length; at += size) {
    const part = ids.slice(at, at + size);
    const isLast = at + size >= ids.length;
    const report =
      kind === 'cancel' ? await cancelOne(queue, part[0] ?? '') : await actOnIds(queue, kind, part, ratePerSecond);
    yield report.stopped === 'end' && !isLast ? { ...report, stopped: 'limit' } : report;
  }
}

function actOnIds(queue: string, kind: BulkKind, ids: readonly string[], ratePerSecond: number): Promise<PartReport> {
  return ask<PartReport>(pathOf(queue, kind), { method: 'POST', body: { ids, ratePerSecond, ...waitOf(kind) } });
}

async function cancelOne(queue: string, id: string): Promise<PartReport> {
  const path = ofQueue(queue, `jobs/${encodeURIComponent(id)}`);
  const outcome = await ask<{ outcome: string }>(path, { method: 'DELETE' }).then(
    (answer) => answer.outcome,
    (error: { status?: number; message: string }) => {
      if (error.status === 404) return 'gone';
      throw error;
    },
  );
  return { matched: 1, results: { [outcome]: 1 }, stopped: 'end', next: null };
}

/** A replay waits for capacity for so long. */
function waitOf(kind: BulkKind): { waitMs?: number } {
  return kind === 'replay' ? { waitMs: 10_000 } : {};
}

function pathOf(queue: string, kind: BulkKind): string {
  return ofQueue(queue, kind === 'cancel' ? 'jobs/cancel' : `dead-letters/${kind}`);
}

/** Dead letters have one state; a cancel is for what has not ended, unless states are chosen. */
function filterOf(kind: BulkKind, { search, states }: Extract<BulkTarget, { search: JobSearch }>): object {
  return kind === 'cancel' && states.length > 0 ? { ...search, state: states } : search;
}
