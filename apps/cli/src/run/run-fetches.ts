import { givenUpResult } from './results/result-line.ts';
import { connectFetchProducer, type FetchProducer } from './rounds/fetch-producer.ts';
import { HostGate } from './hosts/host-gate.ts';
import { readInputLines } from './input/input-lines.ts';
import { Limits } from './progress/limits.ts';
import { LineJobs } from './rounds/line-jobs.ts';
import { LineSource } from './hosts/line-source.ts';
import { LinesGivenUp } from './hosts/lines-given-up.ts';
import { openLists, type RunLists } from './open-lists.ts';
import { queueOf } from './state/open-run.ts';
import { ProgressTicker, type Standing } from './progress/progress-ticker.ts';
import { Pump } from './rounds/pump.ts';
import { redisAddressOf } from './redis/redis-address.ts';
import { ResultDesk } from './results/result-desk.ts';
import { ResultWriter } from './results/result-writer.ts';
import type { RunHooks, RunOptions, RunSummary } from './run-options.ts';
import { givenRedis, OwnRedis, type RunRedis } from './redis/run-redis.ts';
import { Tally } from './results/tally.ts';
import { workerEnv } from './workers/worker-env.ts';
import { WorkerFleet } from './workers/worker-fleet.ts';

export type { RunHooks, RunOptions, RunSummary } from './run-options.ts';

/** How long running attempts may take to end after an interruption: no longer than a person waits for a prompt. */
const drainMs = 10_000;
/** A worker that was told to drain gets this much longer before it is killed. */
const drainGraceMs = 3_000;

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
  const startedAt = performance.now();
  if (options.redis !== null) redisAddressOf(options.redis);
  const lists = await openLists(options, hooks).catch((error: unknown) => {
    if (hooks.signal.aborted && error instanceof Error && error.name === 'AbortError') return null;
    throw error;
  });
  if (lists === null) {
    const end = { startedAt, alreadyDone: 0, interrupted: true, givenUp: 0, limits: [], resumable: false };
    return summary(options, new Tally(), end);
  }
  if ('finished' in lists) {
    hooks.report.note('every line has its result already; there is nothing to do');
    return summary(options, lists.finished, {
      startedAt,
      alreadyDone: lists.finished.lines,
      interrupted: false,
      givenUp: 0,
      limits: [],
      resumable: true,
    });
  }
  if (lists.state !== null) hooks.onKept?.();
  const alreadyDone = lists.tally.lines;
  const end = await runOpened(options, hooks, lists);
  return summary(options, lists.tally, { startedAt, alreadyDone, ...end, resumable: lists.state !== null });
}

/** How a run went to its end, and how many lines it left for the next one. */
type RunOutcome = Pick<RunSummary, 'interrupted' | 'givenUp' | 'limits'>;

/** Everything that a run works with, as far as it has been started. */
interface Plant {
  options: RunOptions;
  hooks: RunHooks;
  lists: RunLists;
  redis: RunRedis;
  fleet: WorkerFleet;
  connect: () => Promise<FetchProducer>;
}

async function runOpened(options: RunOptions, hooks: RunHooks, lists: RunLists): Promise<RunOutcome> {
  await using undo = new AsyncDisposableStack();
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
  const plant: Plant = { options, hooks, lists, redis, fleet, connect };
  const outcome = await pumpAll(plant);
  const isComplete = !outcome.interrupted && outcome.givenUp === 0;
  await fleet.stop({ drainMs: drainGraceMs });
  if (isComplete || lists.state === null) await forgetQueue(plant);
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
      env: workerEnv(n, { options, redisUrl: redis.url, queue: queueOf(runId), drainMs, inherited: env }),
    }),
    note: (line) => report.note(line),
  });
}

async function pumpAll({ options, hooks, lists, redis, fleet, connect }: Plant): Promise<RunOutcome> {
  const { done, tally, input } = lists;
  const writer = new ResultWriter(lists.sink);
  const desk = new ResultDesk({ done, tally, writer });
  const gate = new HostGate({ perHost: options.perHost, longestPauseMs: options.retryAfterMaxMs });
  const givenUp = new LinesGivenUp((line) => hooks.report.note(line));
  const source = new LineSource({
    groups: readInputLines(input.chunks()),
    done,
    gate,
    onBad: (line) => desk.putBad(line),
    onGivenUp: async (line, forMs) => {
      if (lists.state !== null) givenUp.add(line.host, forMs);
      else await desk.put(givenUpResult(line, forMs));
    },
  });
  const failed = Promise.race([fleet.failed, ...(lists.state ? [lists.state.lost] : [])]);
  failed.catch(() => undefined); // also when it fails before anybody waits for it
  const pump = new Pump({
    options,
    source,
    desk,
    tally,
    jobs: new LineJobs(),
    redis,
    connect,
    failed,
    drainWorkers: () => fleet.stop({ drainMs: drainMs + drainGraceMs }),
    signal: hooks.signal,
    note: (line) => hooks.report.note(line),
  });
  const limits = new Limits(options);
  const look = { lists, options, source, pump, gate, limits };
  const ticker = new ProgressTicker(hooks.report, () => standing(look));
  await ticker.start();
  try {
    const interrupted = (await pump.run()) === 'interrupted';
    return { interrupted, givenUp: givenUp.lines, limits: limits.largest };
  } finally {
    source.stop();
    desk.close();
    await ticker.stop();
    // Also after a failure: what was fetched is not lost.
    await writer.finish();
  }
}

interface Look extends Pick<Plant, 'lists' | 'options'> {
  limits: Limits;
  source: LineSource;
  pump: Pump;
  gate: HostGate;
}

async function standing({ lists: { tally, input }, options, source, pump, gate, limits }: Look): Promise<Standing> {
  const stats = await pump.producer?.stats().catch(() => null);
  tally.countDepth(stats?.depth ?? 0);
  if (stats) limits.sample({ ...stats, held: gate.held - gate.retrying, hostsPause: gate.nextPauseEndMs !== null });
  return {
    done: tally.lines,
    total: input.digest?.lines ?? null,
    failed: tally.failed,
    inFlight: stats?.active ?? 0,
    depth: stats?.depth ?? 0,
    capacity: options.capacity,
    waiting: source.held + (stats?.waitingPuts ?? 0),
  };
}

async function forgetQueue({ connect }: Plant): Promise<void> {
  const producer = await connect();
  await producer.obliterate().finally(() => producer.close());
}

interface RunEnd extends RunOutcome {
  startedAt: number;
  alreadyDone: number;
  resumable: boolean;
}

function summary({ capacity, workers, out }: RunOptions, tally: Tally, { startedAt, ...end }: RunEnd): RunSummary {
  const { lines, fetched, failed, timedOut, retryable, retried, highestDepth, waits } = tally;
  const elapsedMs = performance.now() - startedAt;
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
