import { UndoStack } from '@sluice/queue/lifecycle';
import { givenUpResult } from './results/result-line.ts';
import { connectFetchProducer, type FetchProducer } from './rounds/fetch-producer.ts';
import { HostLimiter } from './hosts/host-limiter.ts';
import { readInputLines } from './input/input-lines.ts';
import { Bottlenecks } from './progress/bottlenecks.ts';
import { LineJobIds } from './rounds/line-job-ids.ts';
import { LineScheduler } from './hosts/line-scheduler.ts';
import { LinesGivenUp } from './hosts/host-pauses.ts';
import { openLists, type RunLists } from './open-lists.ts';
import { queueOf } from './state/open-run.ts';
import { type ProgressSnapshot, ProgressTicker } from './progress/progress-ticker.ts';
import { RunLoop } from './rounds/run-loop.ts';
import { givenRedis, OwnRedis, redisAddressOf, type RunRedis } from './redis/run-redis.ts';
import { ResultCollector } from './results/result-collector.ts';
import { ResultWriter } from './results/result-writer.ts';
import type { RunHooks, RunOptions, RunSummary } from './run-options.ts';
import { RunCounts } from './results/run-counts.ts';
import { workerEnv } from './workers/worker-env.ts';
import { WorkerFleet } from './workers/worker-fleet.ts';

export type { RunHooks, RunOptions, RunSummary } from './run-options.ts';

/** How long running attempts may take to end after an interruption: no longer than a person waits for a prompt. */
const DRAIN_MS = 10_000;
/** A worker that was asked to drain gets this much longer before it is killed. */
const DRAIN_GRACE_MS = 3_000;

/**
 * Fetches a list of URLs through a bounded queue and writes one result per line.
 *
 * A run that was cut short, by whatever, goes on where it stopped when it is called with the same options. When it
 * resolves without being interrupted, nothing but the output is left of it: no process, no key in Redis, no state.
 *
 * @throws UsageError when the options, the input, the output or an earlier run forbid it; nothing was changed then.
 * @throws OutputFailedError, WorkersFailedError, LocalRedisFailedError, RedisUnavailableError and other failures of the
 * queue; FolderLeaseLostError when another process took the run over. What was fetched is kept.
 */
export async function runFetches(options: RunOptions, hooks: RunHooks): Promise<RunSummary> {
  const startedAtMs = performance.now();
  if (options.redis !== null) redisAddressOf(options.redis);
  const lists = await openLists(options, hooks).catch((error: unknown) => {
    if (hooks.signal.aborted && error instanceof Error && error.name === 'AbortError') return null;
    throw error;
  });
  if (lists === null) {
    const end = { startedAtMs, alreadyDone: 0, interrupted: true, givenUp: 0, limits: [], resumable: false };
    return summary(options, new RunCounts(), end);
  }
  if ('finished' in lists) {
    hooks.report.note('every line has its result already; there is nothing to do');
    return summary(options, lists.finished, {
      startedAtMs,
      alreadyDone: lists.finished.lines,
      interrupted: false,
      givenUp: 0,
      limits: [],
      resumable: true,
    });
  }
  if (lists.state !== null) hooks.onKept?.();
  const alreadyDone = lists.counts.lines;
  const end = await runOpened(options, hooks, lists);
  return summary(options, lists.counts, { startedAtMs, alreadyDone, ...end, resumable: lists.state !== null });
}

/** How a run went to its end, and how many lines it left for the next one. */
type RunOutcome = Pick<RunSummary, 'interrupted' | 'givenUp' | 'limits'>;

/** Everything that a run works with, as far as it has been started. */
interface RunResources {
  options: RunOptions;
  hooks: RunHooks;
  lists: RunLists;
  redis: RunRedis;
  fleet: WorkerFleet;
  connect: () => Promise<FetchProducer>;
}

async function runOpened(options: RunOptions, hooks: RunHooks, lists: RunLists): Promise<RunOutcome> {
  await using undo = new UndoStack();
  undo.defer(() => lists.state?.release());
  undo.defer(() => lists.sink.close());
  undo.defer(() => lists.input.close());
  const redis = await startRedis(options, hooks, lists);
  undo.defer(() => redis.stop());
  const connect = (): Promise<FetchProducer> =>
    connectFetchProducer({ options, redisUrl: redis.url, queue: queueOf(lists.runId), log: hooks.log });
  // Says that Redis cannot be reached before any worker does.
  await (await connect()).close();
  const fleet = startWorkers(options, hooks, lists, redis);
  undo.defer(() => fleet.stop({ drainMs: 0 }));
  const resources: RunResources = { options, hooks, lists, redis, fleet, connect };
  const outcome = await runLoop(resources);
  const isComplete = !outcome.interrupted && outcome.givenUp === 0;
  await fleet.stop({ drainMs: DRAIN_GRACE_MS });
  if (isComplete || lists.state === null) await forgetQueue(resources);
  await redis.stop();
  if (isComplete) await lists.state?.remove();
  return outcome;
}

async function startRedis({ redis }: RunOptions, { report }: RunHooks, { state }: RunLists): Promise<RunRedis> {
  if (redis !== null) return givenRedis(redis);
  return OwnRedis.open({ dir: state?.redisDir ?? null, note: (line) => report.note(line) });
}

function startWorkers(
  options: RunOptions,
  { report, env = {} }: RunHooks,
  { runId }: RunLists,
  redis: RunRedis,
): WorkerFleet {
  const entry = import.meta.resolve('@sluice/worker/main');
  return new WorkerFleet({
    size: options.workers,
    command: (n) => ({
      entry,
      env: workerEnv(n, { options, redisUrl: redis.url, queue: queueOf(runId), drainMs: DRAIN_MS, inherited: env }),
    }),
    note: (line) => report.note(line),
  });
}

async function runLoop({ options, hooks, lists, redis, fleet, connect }: RunResources): Promise<RunOutcome> {
  const { done, counts, input } = lists;
  const writer = new ResultWriter(lists.sink);
  const collector = new ResultCollector({ done, counts, writer });
  const limiter = new HostLimiter({ perHost: options.perHost, longestPauseMs: options.retryAfterMaxMs });
  const givenUp = new LinesGivenUp((line) => hooks.report.note(line));
  const source = new LineScheduler({
    groups: readInputLines(input.chunks()),
    done,
    limiter,
    onBad: (line) => collector.putBad(line),
    onGivenUp: async (line, forMs) => {
      if (lists.state !== null) givenUp.add(line.host, forMs);
      else await collector.put(givenUpResult(line, forMs));
    },
  });
  const failed = Promise.race([fleet.failed, ...(lists.state ? [lists.state.lost] : [])]);
  failed.catch(() => undefined); // also when it fails before anybody waits for it
  const loop = new RunLoop({
    options,
    source,
    collector,
    counts,
    jobs: new LineJobIds(),
    redis,
    connect,
    failed,
    drainWorkers: () => fleet.stop({ drainMs: DRAIN_MS + DRAIN_GRACE_MS }),
    signal: hooks.signal,
    note: (line) => hooks.report.note(line),
  });
  const limits = new Bottlenecks(options);
  const look = { lists, options, source, loop, limiter, limits };
  const ticker = new ProgressTicker(hooks.report, () => snapshot(look));
  await ticker.start();
  try {
    const interrupted = (await loop.run()) === 'interrupted';
    return { interrupted, givenUp: givenUp.lines, limits: limits.largest };
  } finally {
    source.stop();
    collector.close();
    await ticker.stop();
    // Also after a failure: what was fetched is not lost.
    await writer.finish();
  }
}

interface Look extends Pick<RunResources, 'lists' | 'options'> {
  limits: Bottlenecks;
  source: LineScheduler;
  loop: RunLoop;
  limiter: HostLimiter;
}

async function snapshot({
  lists: { counts, input },
  options,
  source,
  loop,
  limiter,
  limits,
}: Look): Promise<ProgressSnapshot> {
  const stats = await loop.producer?.stats().catch(() => null);
  counts.countDepth(stats?.depth ?? 0);
  if (stats)
    limits.sample({ ...stats, held: limiter.held - limiter.retrying, hostsPause: limiter.nextPauseEndMs !== null });
  return {
    done: counts.lines,
    total: input.digest?.lines ?? null,
    failed: counts.failed,
    inFlight: stats?.active ?? 0,
    depth: stats?.depth ?? 0,
    capacity: options.capacity,
    waiting: source.held + (stats?.waitingPuts ?? 0),
  };
}

async function forgetQueue({ connect }: RunResources): Promise<void> {
  const producer = await connect();
  await producer.obliterate().finally(() => producer.close());
}

interface RunEnd extends RunOutcome {
  startedAtMs: number;
  alreadyDone: number;
  resumable: boolean;
}

function summary(
  { capacity, workers, out }: RunOptions,
  counts: RunCounts,
  { startedAtMs, ...end }: RunEnd,
): RunSummary {
  const { lines, fetched, failed, timedOut, retryable, retried, highestDepth, waits } = counts;
  const elapsedMs = performance.now() - startedAtMs;
  return {
    lines,
    fetched,
    failed,
    timedOut,
    retryable,
    retried,
    highestDepth,
    capacity,
    waits,
    workers,
    out,
    elapsedMs,
    ...end,
  };
}
