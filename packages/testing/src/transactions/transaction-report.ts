/** Every depth that a queue ever had, transaction by transaction. */
export interface TransactionReport {
  /** How many transactions were looked at. */
  transactions: number;
  /** The queue's depth after each of them: unfinished jobs, as `stats` counts them. */
  depths: readonly number[];
  highestDepth: number;
  finalDepth: number;
  /** The commands of the transaction of this index, word by word. */
  commands(index: number): readonly (readonly Buffer[])[];
  /** The commands of the transaction of this index, shortened for people. */
  describe(index: number): string[];
}
