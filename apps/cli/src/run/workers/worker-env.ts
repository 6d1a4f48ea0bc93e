import type { RunOptions } from '../run-options.ts';
import { runQueue } from '../rounds/run-queue.ts';

export interface WorkerEnvOptions {
  options: RunOptions;
  redisUrl: string;
  queue: string;
  drainMs: number;
  /** The environment of the command. */
  inherited: Readonly<Record<string, string | undefined>>;
}

/**
 * The environment of one worker process: that of the command, for such things as certificates and the temp folder, but
 * with the run's own settings and none of those that were meant for another worker.
 */
export function workerEnv(
  n: number,
  { options, redisUrl, queue, drainMs, inherited }: WorkerEnvOptions,
): Record<string, string> {
  const kept = Object.entries(inherited).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !isOurs(entry[0]),
  );
  const { keep } = runQueue(queue, options);
  return {
    ...Object.fromEntries(kept),
    REDIS_URL: redisUrl,
    SLUICE_QUEUE: queue,
    SLUICE_CAPACITY: String(options.capacity),
    SLUICE_CONCURRENCY: String(options.concurrency),
    SLUICE_KEEP_COUNT: String(keep.completed.count),
    SLUICE_KEEP_MS: String(keep.completed.ageMs),
    SLUICE_ALLOW_PRIVATE: String(options.allowPrivate),
    SLUICE_LOG_LEVEL: 'warn',
    SLUICE_DRAIN_MS: String(drainMs),
    SLUICE_NAME: `worker-${n}`,
  };
}

function isOurs(name: string): boolean {
  // Whether to use a proxy is for the person who runs the command to say, and nothing that a run decides.
  if (name === 'SLUICE_USE_PROXY') return false;
  // NODE_CHANNEL_FD belongs to the command's own process.
  return name === 'REDIS_URL' || name.startsWith('SLUICE_') || name.startsWith('NODE_CHANNEL');
}
