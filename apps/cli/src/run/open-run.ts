import { adoptLocalRedis } from '@sluice/local-redis';
import type { Logger } from '@sluice/shared';
import { UsageError } from '../cli-errors.ts';
import { connectFetchProducer } from './fetch-producer.ts';
import { readFinishedOutput } from './finished-output.ts';
import type { InputSource } from './input-source.ts';
import { OutputFile } from './output-file.ts';
import type { OutputTarget } from './output-target.ts';
import { redisAddressOf } from './redis-address.ts';
import type { RunIdentity } from './run-identity.ts';
import type { RunOptions } from './run-options.ts';
import { newRunId, readStoredRun, requireSameRun, RunState, type StoredRun } from './run-state.ts';
import type { Tally } from './tally.ts';

/** A run that a later command can take up. */
export interface KeptRun {
  state: RunState;
  runId: string;
  output: OutputFile;
}

/** `finished`: there is nothing to do, an earlier run has done it all. */
export type OpenedRun = { kept: KeptRun } | { finished: Tally };

export interface OpenRunOptions {
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
export async function openRun(wanted: OpenRunOptions): Promise<OpenedRun> {
  const { options, input, target, note } = wanted;
  const dir = options.stateDir ?? `${target.path}.sluice`;
  if (!options.restart && (await readStoredRun(dir)) === null && target.bytes > 0) {
    const finished = await readFinishedOutput(target.path, input);
    if (finished) return { finished };
    throw new UsageError(
      `${target.path} is there already, and no unfinished run belongs to it.\n` +
        `Name another file with -o, or start anew with --restart (it deletes what is in the file).`,
    );
  }
  const state = await RunState.open(dir, note);
  try {
    const stored = await takeUp(wanted, state);
    if (stored) return { kept: { state, runId: stored.runId, output: await OutputFile.open(target.path) } };
    return { kept: { state, ...(await begin(wanted, state)) } };
  } catch (error) {
    await state.release();
    throw error;
  }
}

/** The run to go on with, or null when one is to be begun. */
async function takeUp({ options, input, target, log }: OpenRunOptions, state: RunState): Promise<StoredRun | null> {
  const stored = await readStoredRun(state.dir);
  if (options.restart) {
    await forget(stored, options, state, log);
    return null;
  }
  if (stored === null) return null;
  if (stored === 'broken') {
    throw new UsageError(`the record of the run in ${state.dir} cannot be read. Start anew with --restart.`);
  }
  requireSameRun(stored, identityOf(options, input.digest.sha256, target.path), givenRedisAddress(options), state.dir);
  return stored;
}

async function begin({ options, input, target }: OpenRunOptions, state: RunState): Promise<Omit<KeptRun, 'state'>> {
  // The old results go first: a record beside them would say that they belong to the new run.
  const output = await OutputFile.open(target.path, { empty: options.restart });
  const runId = newRunId();
  const identity = identityOf(options, input.digest.sha256, target.path);
  await state.write({ version: 1, runId, identity, redis: givenRedisAddress(options) });
  return { runId, output };
}

/** Ends what is left of an earlier run: its server, its queue, its record. */
async function forget(
  stored: StoredRun | 'broken' | null,
  options: RunOptions,
  state: RunState,
  log: Logger,
): Promise<void> {
  const left = await adoptLocalRedis(state.redisDir);
  await left?.stop();
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
  await state.clear();
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
