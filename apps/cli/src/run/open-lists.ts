import { UsageError } from '../cli-errors.ts';
import { type InputSource, openInput } from './input/input-source.ts';
import { LineNumberSet } from './input/line-number-set.ts';
import { openRun } from './state/open-run.ts';
import { OutputFile } from './results/output-file.ts';
import { OutputPipe } from './results/output-pipe.ts';
import { OwnedSink, type ResultSink } from './results/result-sink.ts';
import { findOutput, type OutputTarget } from './results/output-target.ts';
import type { RunHooks, RunOptions } from './run-options.ts';
import { newRunId, type RunState } from './state/run-state.ts';
import { RunCounts } from './results/run-counts.ts';

/** What a run reads and writes. */
export interface RunLists {
  input: InputSource;
  sink: ResultSink;
  /** Lines that have a result. */
  done: LineNumberSet;
  counts: RunCounts;
  runId: string;
  /** Null when the run cannot be taken up again. */
  state: RunState | null;
}

/**
 * Opens input, state and output, and reads what an earlier run has done.
 *
 * @returns a counts alone when an earlier run has done it all.
 * @throws UsageError when one of them cannot be used. Nothing was changed then.
 */
export async function openLists(options: RunOptions, hooks: RunHooks): Promise<RunLists | { finished: RunCounts }> {
  const input = await openInput(options.input, hooks.stdin);
  const target = await findOutput(options.out, input.path);
  const { digest } = input;
  if (digest !== null && target.kind === 'file') {
    const note = (line: string): void => hooks.report.note(line);
    return openKept({ options, input: { ...input, digest }, target, log: hooks.log, note });
  }
  const needsFiles = options.stateDir === null ? (options.retryFailed ? '--retry-failed' : null) : '--state';
  if (needsFiles !== null) throw new UsageError(`${needsFiles} needs a file as input and a file as output (-o)`);
  hooks.report.note(whyNotResumable(input, target));
  const sink = await openSink(target, options, hooks);
  return { input, sink, done: new LineNumberSet(), counts: new RunCounts(), runId: newRunId(), state: null };
}

async function openKept(wanted: Parameters<typeof openRun>[0]): Promise<RunLists | { finished: RunCounts }> {
  const opened = await openRun(wanted);
  if ('finished' in opened) return opened;
  const { state, runId, output } = opened.kept;
  const done = new LineNumberSet();
  const counts = new RunCounts();
  try {
    await output.takeUp((result) => {
      if (done.add(result.line)) counts.countResult(result);
    });
  } catch (error) {
    await output.close();
    await state.release();
    throw error;
  }
  return { input: wanted.input, sink: new OwnedSink(output, state), done, counts, runId, state };
}

async function openSink(
  target: OutputTarget,
  { restart }: RunOptions,
  { stdout, signal, report }: RunHooks,
): Promise<ResultSink> {
  switch (target.kind) {
    case 'stdout':
      return new OutputPipe(stdout ?? process.stdout);
    case 'stream':
      return OutputPipe.open(target, { signal, note: (line) => report.note(line) });
    case 'file':
      if (target.bytes === 0 || restart) return OutputFile.open(target.path, { empty: restart });
      throw new UsageError(
        `${target.path} is there already. Name another file with -o, or overwrite it with --restart.`,
      );
    default:
      return target satisfies never;
  }
}

function whyNotResumable(input: InputSource, target: OutputTarget): string {
  const why = input.digest === null ? `${input.name} can be read only once` : 'results go to a pipe';
  const cure = target.kind === 'file' ? 'a file as input' : input.digest === null ? 'files for both' : '-o FILE';
  return `this run cannot be resumed, because ${why}; with ${cure} it could`;
}
