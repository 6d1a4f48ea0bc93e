import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

const folder = new URL('../bundled-program/', import.meta.url);

/** The program that bundlers are tried with, by file name. */
export async function bundledProgram(): Promise<Record<'jobs.js' | 'main.js', string>> {
  const read = (file: string): Promise<string> => readFile(new URL(file, folder), 'utf8');
  return { 'jobs.js': await read('jobs.js'), 'main.js': await read('main.js') };
}

/** What the program prints when all of it works. */
export const allWorks = { sum: 380, runsOfBlocked: 1, taken: 8, refusal: 'SLUICE_QUEUE_FULL' };

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
