export { type AofFiles, findAofFiles } from './aof-files.ts';
export { readTransactions, type Transaction, type TransactionLog } from './read-transactions.ts';
export { replayTransactions, type WatchedQueue } from './replay-transactions.ts';
export type { TransactionReport } from './transaction-report.ts';
