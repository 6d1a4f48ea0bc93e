import type { WorkerOptions } from 'node:worker_threads';

/** What the lease thread is started from. */
export interface LeaseThreadProgram extends Pick<WorkerOptions, 'eval' | 'execArgv'> {
  /** A file, or with `eval` the program itself. */
  readonly program: URL | string;
}

/** The program as a file of the sources. What is built has one of two others: see `#lease-thread` in package.json, and build/embed.ts. */
export const leaseThreadProgram: LeaseThreadProgram = {
  program: new URL('../thread/lease-thread-main.ts', import.meta.url),
  // None of the process's own flags: some of them, as `-e`, are not for threads. It needs the condition under which the workspace's
  // imports lead to sources, whatever the process was started with.
  execArgv: ['-C', '@sluice/source'],
};
