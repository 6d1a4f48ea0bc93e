import { rm } from 'node:fs/promises';
import { adoptLocalRedis } from '@sluice/local-redis';
import type { Logger } from '@sluice/queue/logging';
import { UsageError } from '../../cli-errors.ts';
import { dropFailedResults } from '../results/drop-failed-results.ts';
import { connectFetchProducer } from '../rounds/fetch-producer.ts';
import { readFinishedOutput } from '../results/finished-output.ts';
import type { InputSource } from '../input/input-source.ts';
import { OutputFile } from '../results/output-file.ts';
import type { OutputTarget } from '../results/output-target.ts';
import { redisAddressOf } from '../redis/run-redis.ts';
import type { RunIdentity } from './run-identity.ts';
import type { RunOptions } from '../run-options.ts';
import { newRunId, readStoredRun, requireSameRun, RunState, type StoredRun } from './run-state.ts';
import type { RunCounts } from '../results/run-counts.ts';

/** A run that a later command can take up. */
interface KeptRun {
  state: RunState;
  runId: string;
  output: OutputFile;
}

/** `finished`: there is nothing to do, an earlier run has done it all. */
export type OpenedRun = { kept: KeptRun } | { finished: RunCounts };

export interface OpenRunDeps {
  options: RunOptions;
  input: InputSource & { digest: NonNullable<InputSource['digest']> };
  target: OutputTarget & { kind: 'file' };
  log: Logger;
  note: (line: string) => void;
}

/**
 * Begins a run, or takes up the unfinished one that the same command began.
 *
 * @throws UsageError when the state or the output belongs to anything else, or another run is at work on it. Nothing was
 * changed then.
 */
export async function openRun(wanted: OpenRunDeps): Promise<OpenedRun> {
  const { options, input, target, note } = wanted;
  const dir = options.stateDir ?? `${target.path}.sluice`;
  if (!options.restart && (await readStoredRun(dir)) === null && target.bytes > 0) {
    const finished = await readFinishedOutput(target.path, input);
    if (finished === null) throw notOurs(target.path);
    if (!options.retryFailed || finished.retryable === 0) return { finished };
  }
  const state = await RunState.open(dir, note);
  try {
    const stored = (await takeUp(wanted, state)) ?? (await begin(wanted, state));
    if (stored.failed === 'dropping') await dropFailed(stored, target.path, state, note);
    return { kept: { state, runId: stored.runId, output: await OutputFile.open(target.path) } };
  } catch (error) {
    await state.release();
    throw error;
  }
}

function notOurs(path: string): UsageError {
  return new UsageError(
    `${path} is there already, and no unfinished run belongs to it.\n` +
      `Name another file with -o, or start over with --restart (it deletes what is in the file).`,
  );
}

/** The run to go on with, or null when one is to be begun. */
async function takeUp({ options, input, target, log }: OpenRunDeps, state: RunState): Promise<StoredRun | null> {
  const stored = await readStoredRun(state.dir);
  if (options.restart) {
    await forget(stored, options, state, log);
    return null;
  }
  if (stored === null) return null;
  if (stored === 'broken') {
    throw new UsageError(`the record of the run in ${state.dir} cannot be read. Start over with --restart.`);
  }
  requireSameRun(stored, identityOf(options, input.digest.sha256, target.path), givenRedisAddress(options), state.dir);
  if (!options.retryFailed || stored.failed !== undefined) return stored;
  // Another queue: that of the run so far remembers what became of the lines that failed.
  await forgetQueue(stored, options, state, log);
  const again: StoredRun = { ...stored, runId: newRunId(), failed: 'dropping' };
  await state.write(again);
  return again;
}

async function begin({ options, input, target }: OpenRunDeps, state: RunState): Promise<StoredRun> {
  // The old results go first: a record next to them would say that they belong to the new run.
  if (options.restart) await (await OutputFile.open(target.path, { empty: true })).close();
  const identity = identityOf(options, input.digest.sha256, target.path);
  const run: StoredRun = { version: 1, runId: newRunId(), identity, redis: givenRedisAddress(options) };
  if (options.retryFailed && target.bytes > 0) run.failed = 'dropping';
  await state.write(run);
  return run;
}

/** Takes the results out of the output whose lines are to be fetched again. Done once in a run, however often it is cut short. */
async function dropFailed(run: StoredRun, path: string, state: RunState, note: (line: string) => void): Promise<void> {
  const dropped = await dropFailedResults(path, `${path}.${run.runId}`);
  await state.write({ ...run, failed: 'dropped' });
  note(`fetching ${dropped.toLocaleString('en-US')} ${dropped === 1 ? 'line that' : 'lines that'} failed again`);
}

/** Ends what is left of an earlier run: its server, its queue, its record. */
async function forget(
  stored: StoredRun | 'broken' | null,
  options: RunOptions,
  state: RunState,
  log: Logger,
): Promise<void> {
  await forgetQueue(stored, options, state, log);
  await state.clear();
}

/** Ends the server and the queue of an earlier run. */
async function forgetQueue(
  stored: StoredRun | 'broken' | null,
  options: RunOptions,
  state: RunState,
  log: Logger,
): Promise<void> {
  const left = await adoptLocalRedis(state.redisDir);
  await left?.stop();
  await rm(state.redisDir, { recursive: true, force: true });
  const sameRedis = stored !== null && stored !== 'broken' && stored.redis === givenRedisAddress(options);
  if (sameRedis && options.redis !== null) {
    const producer = await connectFetchProducer({
      options,
      redisUrl: options.redis,
      queue: queueOf(stored.runId),
      log,
    });
    await producer.obliterate().finally(() => producer.close());
  }
}

export function queueOf(runId: string): string {
  return `run-${runId}`;
}

function identityOf(options: RunOptions, input: string, out: string): RunIdentity {
  const { timeoutMs, attempts, body, allowPrivate } = options;
  return { input, out, timeoutMs, attempts, body, allowPrivate };
}

function givenRedisAddress({ redis }: RunOptions): string | null {
  return redis === null ? null : redisAddressOf(redis);
}
