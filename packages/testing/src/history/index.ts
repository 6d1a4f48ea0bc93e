export type { Fact, FaultKind, RecordedFact, ReportedOutcome, ReturnedOutcome, SettledOutcome } from './fact.ts';
export {
  type History,
  type HistoryFile,
  type HistoryRecorder,
  HistoryTail,
  MemoryHistory,
  openHistory,
  readHistory,
} from './history.ts';
export { neverOver } from './never-over.ts';
export { type FinalState, noneLost } from './none-lost.ts';
export { noneTwice, type NoneTwiceOptions } from './none-twice.ts';
export type { Violation } from './violation.ts';
