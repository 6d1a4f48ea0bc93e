import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { descendantsOf, type RunningProcess, stillRunning } from '../run/process-tree.ts';
import { chaos } from './chaos.ts';
import { highestByPuts } from './checkers/never-over.ts';
import { describeResult } from './report/describe-result.ts';

/** Half a minute of faults each; `pnpm chaos` takes any others for any time. */
const seeds = [1, 2];

describe('chaos', () => {
  test.each(seeds)('finds nothing with seed %i', async (seed) => {
    const dir = await mkdtemp(join(tmpdir(), 'sluice-chaos-'));
    try {
      const { signal } = new AbortController();
      const plan = { seed, durationMs: 30_000, producers: 3, workers: 3, operators: 1 };
      const result = await chaos({ ...plan, dir, signal, onProgress: () => {} }, []);
      const found = result.ruleResults.flatMap(({ violations }) => violations);
      expect(found, describeResult(result, `pnpm chaos --minutes 0.5 --seed ${seed}`)).toEqual([]);
      expect(highestByPuts(result.evidence)).toBe(result.evidence.capacity);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  test('leaves no process and no file when it is interrupted in the middle', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
    const child = startChaos(folder);
    try {
      const all = await untilAtWork(child);
      const [errors] = await Promise.all([text(child.stderr), interrupt(child)]);
      expect(child.exitCode).toBe(130);
      expect(errors).toMatch(/chaos: interrupted\n$/);
      await expect.poll(() => stillRunning(all)).toEqual([]);
      await expect.poll(() => readdir(folder)).toEqual([]);
    } finally {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });
});

type Chaos = ChildProcess & { stderr: NodeJS.ReadableStream };

function startChaos(folder: string): Chaos {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, ['-C', '@sluice/source', main, '--minutes', '5', '--seed', '1'], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return child as Chaos;
}

/** Everything that it has started, by the time that a process is stopped. */
async function untilAtWork(child: Chaos): Promise<RunningProcess[]> {
  let seen = '';
  const listen = (chunk: Buffer): void => void (seen += String(chunk));
  child.stderr.on('data', listen);
  await expect.poll(() => seen, { timeout: 60_000 }).toMatch(/ {2}stop \w+\n/);
  child.stderr.off('data', listen);
  return descendantsOf(child.pid ?? 0);
}

async function interrupt(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
  child.kill('SIGINT');
  await ended;
}
