import type { TransactionReport } from '../transactions/transaction-report.ts';
import type { History } from './history.ts';
import type { Violation } from './violation.ts';

/**
 * I1, the bound: the queue never holds more jobs than its capacity.
 *
 * In a history it checks the readings of the depth, which are samples. In a report of Redis's own
 * transactions it checks every state that the queue was ever in, which is a proof.
 *
 * Kinds: `over`; `nothing-seen`, because an empty history proves nothing.
 */
export function neverOver(observed: History | TransactionReport, capacity: number): Violation[] {
  return 'facts' in observed ? overReadings(observed, capacity) : overTransactions(observed, capacity);
}

function overReadings(history: History, capacity: number): Violation[] {
  const readings = history.facts.filter((fact) => fact.type === 'depth');
  if (readings.length === 0) return [nothingSeen('no reading of the depth')];
  return readings
    .filter(({ depth }) => depth > capacity)
    .map((fact) => ({
      kind: 'over',
      message: `${fact.queue} held ${fact.depth} unfinished jobs, ${fact.depth - capacity} more than its capacity of ${capacity}`,
      evidence: [fact],
    }));
}

function overTransactions(report: TransactionReport, capacity: number): Violation[] {
  if (report.highestDepth === 0) return [nothingSeen(`no job in ${report.transactions} transactions`)];
  return report.depths.flatMap((depth, index) => (depth > capacity ? [overAt(report, index, depth, capacity)] : []));
}

function overAt(report: TransactionReport, index: number, depth: number, capacity: number): Violation {
  const did = report.describe(index).join('; ');
  return {
    kind: 'over',
    message: `transaction ${index} left ${depth} unfinished jobs, ${depth - capacity} more than the capacity of ${capacity}: ${did}`,
    evidence: [],
  };
}

function nothingSeen(what: string): Violation {
  return { kind: 'nothing-seen', message: `the history shows ${what}, so it proves nothing`, evidence: [] };
}
