/** Every depth that a queue ever had, transaction by transaction. */
export interface TransactionReport {
  /** How many transactions were replayed. */
  transactions: number;
  /** The queue's depth after each of them: unfinished jobs, as `stats` counts them. */
  depths: readonly number[];
  /** The largest of `depths`. */
  highestDepth: number;
  /** The last of `depths`. */
  finalDepth: number;
  /** The commands of the transaction of this index, as its arguments. */
  commands(index: number): readonly (readonly Buffer[])[];
  /** The commands of the transaction of this index, shortened for display. */
  describe(index: number): string[];
}
