import { setTimeout as sleep } from 'node:timers/promises';
import { createWorkerPool, defineHandler, type JobEvent, type PoolEvents, type WorkerPool } from '@sluice/queue';
import { openHistory, type ReportedOutcome, type ReturnedOutcome } from '@sluice/testing/history';
import { act } from './act.ts';
import { chaosQueue, step } from './chaos-queue.ts';
import { readProgramOptions } from './program-options.ts';

// A pool whose handlers do everything that handlers can do. Each records a fact before it acts. SIGTERM drains the pool.
const { name: worker, url, historyFile } = readProgramOptions();
const history = openHistory(historyFile);
/** Runs without a reported end, by job and attempt. There are two when a job came back while it still runs here. */
const openRuns = new Map<string, string[]>();
let begun = 0;

const handler = defineHandler(step, async (given) => {
  const { id, attempt, payload } = given;
  const run = `${worker}#${(begun += 1)}`;
  const about = { id, worker, attempt, run };
  openRuns.set(`${id} ${attempt}`, [...(openRuns.get(`${id} ${attempt}`) ?? []), run]);
  const timeoutMs = given.deadlineAtMs - Date.now();
  const fence =
    'fencingToken' in given && given.fencingToken !== undefined ? { fence: Number(given.fencingToken) } : {};
  const edit = payload.edit === undefined ? {} : { edit: payload.edit };
  history.record({ type: 'delivered', ...about, timeoutMs, ...fence, ...edit });
  const end = (outcome: ReturnedOutcome): void => history.record({ type: 'returned', ...about, outcome });
  try {
    const result = await act({ name: run, worker, history, attempt: { payload, attempt, signal: given.signal } });
    end('completed');
    return result;
  } catch (error) {
    end(payload.act === 'retryLater' ? 'released' : 'failed');
    throw error;
  }
});

function listen(pool: WorkerPool): void {
  const outcomes = {
    completed: 'completed',
    retried: 'retried',
    released: 'released',
    dead: 'dead',
    cancelled: 'dead',
    abandoned: 'abandoned',
    leaseLost: 'lease-lost',
  } as const satisfies Partial<Record<keyof PoolEvents, ReportedOutcome>>;
  for (const [event, outcome] of Object.entries(outcomes) as [keyof typeof outcomes, ReportedOutcome][]) {
    pool.on(event, (about: JobEvent) => {
      const open = openRuns.get(`${about.id} ${about.attempt}`) ?? [];
      const run = outcome === 'abandoned' ? open[0] : open.shift();
      const named = run === undefined ? {} : { run };
      history.record({ type: 'reported', id: about.id, worker, attempt: about.attempt, outcome, ...named });
    });
  }
  pool.on('fault', ({ where, error }) => console.error(worker, where, error));
}

/** Redis may be away when this process starts. */
async function startPool(): Promise<WorkerPool> {
  for (;;) {
    const options = { redis: url, concurrency: 8, name: worker, drainMs: 3_000 };
    const pool = createWorkerPool(chaosQueue, { 'chaos.step': handler }, options);
    listen(pool);
    try {
      await pool.start();
      return pool;
    } catch {
      await pool.stop();
      await sleep(100);
    }
  }
}

let leaving = false;
const started = startPool();
process.on('SIGTERM', () => {
  if (leaving) process.exit(0);
  leaving = true;
  void started.then((pool) => pool.drain()).then(() => process.exit(0));
});
await started;
