export type { Admission, DeliveryEntry, JobEntry, Ledger, Promised } from './ledger.ts';
export { readLedger } from './read-ledger.ts';
