import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const run = promisify(execFile);

/**
 * Stops a process, and waits until it stands still. Until it has come to run again it has only been told so, and a SIGTERM that
 * comes by then is handled first, because its number is lower.
 */
export async function suspendProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await expect.poll(() => stateOf(pid)).toBe('T');
}

async function stateOf(pid: number): Promise<string> {
  // A small image of Linux has no ps.
  if (process.platform !== 'linux') return (await run('ps', ['-o', 'stat=', '-p', String(pid)])).stdout.slice(0, 1);
  return /\) (\w)/.exec(await readFile(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
}
