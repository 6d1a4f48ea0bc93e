import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

/** The command as a process of its own. */
export interface SluiceProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything that it has written so far. */
  output(): string;
  /** Its exit code, or the signal that ended it, once all that it wrote has arrived. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts `sluice` with these arguments, in this folder. */
export function startSluice(args: readonly string[], env: Record<string, string>): SluiceProcess {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const child = spawn(process.execPath, ['-C', '@sluice/source', main, ...args], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (written += text));
  const outputEnded = [child.stdout, child.stderr].map((stream) => finished(stream));
  const ended = Promise.all([once(child, 'exit'), ...outputEnded]).then(() => child.exitCode ?? child.signalCode);
  return {
    child,
    ended,
    output: () => written,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
