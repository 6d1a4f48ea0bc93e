import { readFile } from 'node:fs/promises';
import { findAofFiles } from '../transactions/aof-files.ts';
import { readTransactions } from '../transactions/read-transactions.ts';
import type { WatchedQueue } from '../transactions/replay-transactions.ts';
import { JobBook } from './job-book.ts';
import type { Ledger } from './ledger.ts';
import { LineBook } from './line-book.ts';
import { readStep } from './read-step.ts';

/**
 * Reads from Redis's log who had which job when: every add, take, renewal, settle and recovery, in their true order,
 * whatever the processes believe. It rests on BullMQ's events, which every script writes in the same transaction.
 *
 * @param dataDir the data folder of a server with an append-only log that began empty and was never rewritten.
 * @throws Error when the log cannot be read.
 */
export async function readLedger(dataDir: string, { prefix = 'bull', storedName }: WatchedQueue): Promise<Ledger> {
  const { increments } = await findAofFiles(dataDir);
  const jobs = new JobBook();
  const line = new LineBook();
  let transactions = 0;
  for (const file of increments) {
    for (const { commands } of readTransactions(await readFile(file)).transactions) {
      const step = readStep(commands, `${prefix}:${storedName}:`);
      line.enter(transactions, step);
      jobs.enter(transactions, step);
      transactions += 1;
    }
  }
  return { jobs: jobs.entries, admissions: line.admissions, transactions };
}
