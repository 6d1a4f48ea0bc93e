import type { RecordedFact } from './fact.ts';

/** One way in which a history breaks a rule. */
export interface Violation {
  /** Short and stable, such as `lost` or `ran-while-held`; each checker lists its own. */
  kind: string;
  /** The job it is about; absent when it is about the whole history. */
  id?: string;
  /** For people. */
  message: string;
  /** The facts that show it, in order. May be empty when the fault is that something is absent. */
  evidence: readonly RecordedFact[];
}
