import { readFile } from 'node:fs/promises';
import { findAofFiles } from '../transactions/aof-files.ts';
import { readTransactions } from '../transactions/read-transactions.ts';
import type { WatchedQueue } from '../transactions/replay-transactions.ts';
import { JobTracker } from './job-tracker.ts';
import type { QueueLog, RunningLimit } from './queue-log.ts';
import { WaiterTracker } from './waiter-tracker.ts';
import { readStep } from './read-step.ts';

/**
 * Reads from Redis's log which pool had which job when: every add, take, renewal, settle and recovery, in their true order,
 * whatever the processes assume. It relies on BullMQ's events, which every script writes in the same transaction.
 *
 * @param dataDir the data folder of a server with an append-only log that began empty and was never rewritten.
 * @throws Error when the log cannot be read.
 */
export async function readQueueLog(dataDir: string, { prefix = 'bull', storedName }: WatchedQueue): Promise<QueueLog> {
  const { increments } = await findAofFiles(dataDir);
  const jobs = new JobTracker();
  const waiters = new WaiterTracker();
  const capacities: { in: number; capacity: number }[] = [];
  const pauses: { in: number; paused: boolean }[] = [];
  const limits: RunningLimit[] = [];
  let transactions = 0;
  for (const file of increments) {
    for (const { commands } of readTransactions(await readFile(file)).transactions) {
      const step = readStep(commands, `${prefix}:${storedName}:`);
      waiters.apply(transactions, step);
      jobs.apply(transactions, step);
      for (const [job, running] of step.running) limits.push({ in: transactions, job, running });
      if (step.paused !== null) pauses.push({ in: transactions, paused: step.paused });
      if (step.capacity !== null) capacities.push({ in: transactions, capacity: step.capacity });
      transactions += 1;
    }
  }
  return { jobs: jobs.entries, admissions: waiters.admissions, capacities, limits, pauses, transactions };
}
