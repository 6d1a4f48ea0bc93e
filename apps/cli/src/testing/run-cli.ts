import { PassThrough, Readable, Writable } from 'node:stream';
import { silentLogger } from '@sluice/queue/logging';
import { runProgram } from '../program.ts';

export interface CliOptions {
  stdin?: string | AsyncIterable<string>;
  env?: Readonly<Record<string, string>>;
  interrupted?: AbortSignal;
  /** Called with what is printed, as it is printed. */
  onOutput?: (text: string) => void;
  /** The number of writes after which the reader of standard output is gone. */
  readerLeavesAfter?: number;
}

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command in this process. Its standard output is no terminal. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { stdin = '', env = {}, interrupted = new AbortController().signal, onOutput } = options;
  const printed = { stdout: '', stderr: '' };
  let writes = 0;
  const stdout = new Writable({
    write: (chunk, _, done) => {
      writes += 1;
      if (writes > (options.readerLeavesAfter ?? Infinity)) {
        return done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      }
      printed.stdout += String(chunk);
      onOutput?.(String(chunk));
      done();
    },
  });
  const stderr = new PassThrough().on('data', (chunk) => (printed.stderr += String(chunk)));
  const code = await runProgram({
    env,
    args,
    stdin: Readable.from(typeof stdin === 'string' ? [Buffer.from(stdin)] : stdin),
    stdout,
    stderr,
    log: silentLogger(),
    interrupted,
    releaseSignals: () => undefined,
    onSecondSignal: () => undefined,
  });
  return { code, ...printed };
}
