import { readFile } from 'node:fs/promises';
import { findAofFiles } from './aof-files.ts';
import { readTransactions, type Transaction } from './read-transactions.ts';
import { RespError, type RespValue } from './resp.ts';
import { loadProbe, type ShadowRedis, startShadow } from './shadow-redis.ts';
import type { TransactionReport } from './transaction-report.ts';

/** Which queue to watch, by its keys. */
export interface WatchedQueue {
  /** As in `defineQueue`. Default `bull`. */
  prefix?: string;
  /** The name as it stands in Redis: `{fetches}` for a queue that Sluice calls `fetches`. */
  storedName: string;
}

// Every list and set that holds unfinished jobs.
const LISTS = ['wait', 'active', 'paused'];
const SETS = ['prioritized', 'delayed', 'waiting-children'];
const DEPTH = `
local depth = 0
for i = 1, ${LISTS.length} do depth = depth + redis.call('LLEN', KEYS[i]) end
for i = ${LISTS.length + 1}, #KEYS do depth = depth + redis.call('ZCARD', KEYS[i]) end
return depth`;

const BATCH = 500;

/**
 * Repeats everything that a Redis has run in a second one, and counts the queue's unfinished jobs after each transaction.
 *
 * Redis logs the effects of a script as one MULTI…EXEC, so the depths are all that any client could have seen. What holds
 * for all of them holds at every moment.
 *
 * @param dataDir the data folder of a server with an append-only log that was never rewritten; it may be running.
 * @throws Error when the log cannot be read, or the second Redis answers a command of it with an error.
 */
export async function replayTransactions(dataDir: string, queue: WatchedQueue): Promise<TransactionReport> {
  const { base, increments } = await findAofFiles(dataDir);
  const logs = await Promise.all(increments.map(async (file) => readTransactions(await readFile(file))));
  const transactions = logs.flatMap((log) => log.transactions);

  await using shadow = await startShadow(base);
  const probe = await loadProbe(shadow, DEPTH, depthKeys(queue));
  const depths: number[] = [];
  for (let from = 0; from < transactions.length; from += BATCH) {
    depths.push(...(await replayBatch(shadow, transactions.slice(from, from + BATCH), probe)));
  }
  return {
    transactions: transactions.length,
    depths,
    highestDepth: depths.reduce((highest, depth) => Math.max(highest, depth), 0),
    finalDepth: depths.at(-1) ?? 0,
    commands: (index) => transactions[index]?.commands ?? [],
    describe: (index) => (transactions[index]?.commands ?? []).map(describeCommand),
  };
}

function depthKeys({ prefix = 'bull', storedName }: WatchedQueue): string[] {
  return [...LISTS, ...SETS].map((part) => `${prefix}:${storedName}:${part}`);
}

async function replayBatch(shadow: ShadowRedis, batch: readonly Transaction[], probe: Buffer): Promise<number[]> {
  const bytes = Buffer.concat(batch.flatMap((transaction) => [transaction.bytes, probe]));
  const count = batch.reduce((sum, { commands }) => sum + commands.length + 1, 0);
  const replies = await shadow.run(bytes, count);
  let at = 0;
  return batch.map((transaction) => {
    for (const command of transaction.commands) refuseError(replies[at++], command);
    return Number(replies[at++]);
  });
}

function refuseError(reply: RespValue | undefined, command: readonly Buffer[]): void {
  if (!(reply instanceof RespError) || isOfExpiredKey(reply, command)) return;
  throw new Error(`the replay differs from the log: ${describeCommand(command)} was answered ${reply.message}`);
}

/** Expiries are points in time, most of which have passed by now: so a list that lives for seconds may be gone too early here. */
function isOfExpiredKey({ message }: RespError, [name]: readonly Buffer[]): boolean {
  return name?.toString().toUpperCase() === 'LSET' && message.includes('no such key');
}

function describeCommand(command: readonly Buffer[]): string {
  const words = command
    .map((word) => word.toString('latin1'))
    .map((word) => (word.length > 60 ? `${word.slice(0, 57)}…` : word));
  return words.length > 8 ? `${words.slice(0, 8).join(' ')} … (${words.length} words)` : words.join(' ');
}
