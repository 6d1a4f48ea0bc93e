import { Worker } from 'node:worker_threads';
import type { KeeperSetup } from './keeper-messages.ts';

/**
 * Starts the keeper's thread: from the source when this file is one, else from what was built. From the source it needs the
 * condition under which the workspace's imports lead to sources, whatever the process was started with.
 */
export function spawnKeeper(setup: KeeperSetup): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const entry = new URL(fromSource ? './keeper-thread.ts' : './keeper-thread.js', import.meta.url);
  return new Worker(entry, {
    name: 'sluice-keeper',
    workerData: setup,
    // None of the process's own flags: some of them, as `-e`, are not for threads.
    execArgv: fromSource ? ['-C', '@sluice/source'] : [],
  });
}
