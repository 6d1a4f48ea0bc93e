import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UndoStack } from '@sluice/queue/lifecycle';
import { runFetches } from '../run/run-fetches.ts';
import { runDefaults, type RunHooks, type RunSummary } from '../run/run-options.ts';
import { checkResults } from './check-results.ts';
import { startDemoSite } from './site.ts';
import { checkSummary, type DemoCheck } from './summary.ts';
import { listPages } from './pages.ts';

export interface DemoOptions {
  /** URL of the Redis to use; null starts a private one. */
  redis: string | null;
  /** The most unfinished pages in the queue; small enough that the queue is full most of the time. Default 50. */
  capacity?: number;
}

/** Long enough for every page that answers at all, on a busy machine too. */
const TIMEOUT_MS = 3_000;

/**
 * Fetches all pages of the demo site through a small queue, and checks what came of it.
 *
 * List and results are left in a new folder below the temp folder; it is removed again when the run does not get to
 * its end.
 */
export async function runDemo(
  { redis, capacity = 50 }: DemoOptions,
  hooks: RunHooks,
): Promise<{ summary: RunSummary; check: DemoCheck }> {
  await using site = await startDemoSite();
  await using undo = new UndoStack();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const pages = listPages(site.origins);
  const input = join(folder, 'urls.txt');
  const out = join(folder, 'results.ndjson');
  await writeFile(input, pages.map((page) => `${page.url}\n`).join(''));
  hooks.report.note(`fetching ${pages.length} pages through a queue that holds at most ${capacity}`);
  const summary = await runFetches(
    // One host has to get more at a time than the queue holds: the bound is to be felt here, not the manners.
    { ...runDefaults, input, out, redis, capacity, perHost: capacity + 14, timeoutMs: TIMEOUT_MS, allowPrivate: true },
    hooks,
  );
  if (summary.interrupted) return { summary, check: checkSummary(summary, []) };
  undo.move();
  return { summary, check: checkSummary(summary, await checkResults(out, pages)) };
}
