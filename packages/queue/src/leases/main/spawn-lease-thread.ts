import { Worker } from 'node:worker_threads';
import type { FunctionOption } from '../../store/connection/options/thread-options.ts';
import { openFunctionChannel } from '../shared/function-channel.ts';
import type { ThreadData } from '../shared/lease-thread-messages.ts';

const YOUNG_MIB = 4;

/**
 * Starts the lease thread: from the source when this file is one, else from what was built. From the source it needs the
 * condition under which the workspace's imports lead to sources, whatever the process was started with.
 *
 * @param functions the caller's, among the options of the connection
 */
export function spawnLeaseThread(data: ThreadData, functions: readonly FunctionOption[] = []): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const entry = new URL(
    fromSource ? '../thread/lease-thread-main.ts' : '../thread/lease-thread-main.js',
    import.meta.url,
  );
  const line = functions.length === 0 ? undefined : openFunctionChannel(functions);
  return new Worker(entry, {
    name: 'sluice-leases',
    workerData: line ? { ...data, functions: line } : data,
    transferList: line ? [line.port] : [],
    // Little of what it makes lives long: without a limit its youngest objects alone take up to 48 MiB.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    // None of the process's own flags: some of them, as `-e`, are not for threads.
    execArgv: fromSource ? ['-C', '@sluice/source'] : [],
  });
}
