import type { WorkerOptions } from 'node:worker_threads';

/** What the lease thread is started from. */
export interface LeaseThreadProgram extends Pick<WorkerOptions, 'eval' | 'execArgv'> {
  /** A file, or with `eval` the program itself. */
  readonly program: URL | string;
}

const fromSource = import.meta.url.endsWith('.ts');

/**
 * The program as a file, where Node itself loads this package: its imports lead to the ioredis that is installed. A bundler
 * follows no such path, so it gets the program as a text: see `#lease-thread` in package.json, and build/embed.ts.
 */
export const leaseThreadProgram: LeaseThreadProgram = {
  program: new URL(`../thread/lease-thread-main.${fromSource ? 'ts' : 'js'}`, import.meta.url),
  // None of the process's own flags: some of them, as `-e`, are not for threads. From the source it needs the condition under
  // which the workspace's imports lead to sources, whatever the process was started with.
  execArgv: fromSource ? ['-C', '@sluice/source'] : [],
};
