import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** A program of this folder as a process of its own. */
export interface ProgramProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything that it has written so far. */
  output(): string;
  /** Its exit code, or the signal that ended it, once all that it wrote has arrived. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** `http://host:port`, once it has logged `health on` or `listening on` it. */
  url(): Promise<string>;
}

export function startProgram(file: string, env: Record<string, string>): ProgramProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['-C', '@sluice/source', path], {
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams) stream.setEncoding('utf8').on('data', (text: string) => void (written += text));
  const outputEnded = streams.map((stream) => finished(stream));
  const ended = Promise.all([once(child, 'exit'), ...outputEnded]).then(() => child.exitCode ?? child.signalCode);
  const find = (): string | undefined => /(?:health|listening) on (http:\/\/[\d.:]+)/.exec(written)?.[1];
  return {
    child,
    ended,
    output: () => written,
    async url() {
      await expect.poll(find).toBeDefined();
      return find() ?? '';
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
