import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

const folder = new URL('../bundled-program/', import.meta.url);

/** The program that bundlers are tried with, by file name. */
export async function bundledProgram(): Promise<Record<string, string>> {
  const files = ['jobs.js', 'main.js', 'hash-handler.js'];
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')));
  return Object.fromEntries(files.map((file, index) => [file, texts[index] ?? '']));
}

/** What the program prints when all of it works. */
export const allWorks = {
  sum: 380,
  runsOfBlocked: 1,
  hashed: { hash: 'ba7816bf', isMainThread: false },
  failure: 'job x failed after 1 attempt: nothing to hash',
  taken: 8,
  refusal: 'SLUICE_QUEUE_FULL',
};

/** Runs what a bundler wrote where nothing else is: no node_modules, no sources. Gives what it printed. */
export async function runMoved(output: string, file: string, redisUrl: string): Promise<unknown> {
  const moved = await mkdtemp(join(tmpdir(), 'sluice-bundle-'));
  try {
    await cp(output, moved, { recursive: true });
    return JSON.parse(await runCommand(moved, ['node', file], { REDIS_URL: redisUrl }));
  } finally {
    await rm(moved, { recursive: true, force: true });
  }
}
