import { Worker } from 'node:worker_threads';
import type { FunctionOption } from '../redis/options/thread-options.ts';
import { openFunctionLine } from './function-line.ts';
import type { KeeperSetup } from './keeper-messages.ts';

/**
 * Starts the keeper's thread: from the source when this file is one, else from what was built. From the source it needs the
 * condition under which the workspace's imports lead to sources, whatever the process was started with.
 *
 * @param functions the caller's, among the options of the connection
 */
export function spawnKeeper(setup: KeeperSetup, functions: readonly FunctionOption[] = []): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const entry = new URL(fromSource ? './keeper-thread.ts' : './keeper-thread.js', import.meta.url);
  const line = functions.length === 0 ? undefined : openFunctionLine(functions);
  return new Worker(entry, {
    name: 'sluice-keeper',
    workerData: line ? { ...setup, functions: line } : setup,
    transferList: line ? [line.port] : [],
    // None of the process's own flags: some of them, as `-e`, are not for threads.
    execArgv: fromSource ? ['-C', '@sluice/source'] : [],
  });
}
