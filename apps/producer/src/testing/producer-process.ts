import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

export interface ProducerProcess {
  child: ChildProcess;
  /** Exit code and signal. */
  exited: Promise<unknown[]>;
  /** What it has written so far, to either stream. */
  lines: string[];
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** `main.ts` as a process of its own with this environment alone, and the tests' cache of compiled modules; killed when the test ends. */
export function startProducer(env: Record<string, string>): ProducerProcess {
  const child = spawn(process.execPath, ['-C', '@sluice/source', main], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  return { child, exited: once(child, 'close'), lines };
}

/** Where it listens, once it does. */
export async function listening(lines: string[]): Promise<string> {
  await expect.poll(() => lines.join('\n')).toContain('listening on');
  return /listening on (http:[^"]+)/.exec(lines.join('\n'))?.[1] ?? expect.unreachable();
}
