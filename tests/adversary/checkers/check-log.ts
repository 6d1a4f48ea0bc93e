import type { Violation } from '@sluice/testing/history';
import type { TransactionReport } from '@sluice/testing/transactions';
import { WaiterState } from './waiter-state.ts';
import { type QueueStep, readSteps } from './queue-steps.ts';

/**
 * Checks every transaction that Redis ran on a queue. Kinds:
 *
 * - `over` (I1): it made the queue hold more than the capacity of that moment;
 * - `overtaken` (I4): it took capacity that living tickets before it waited for;
 * - `added-twice` (I6): it added a job that an earlier one had added;
 * - `into-sealed`: it added to a sealed queue;
 * - `nothing-seen`: no transaction added anything, so nothing was proven.
 */
export function checkLog(report: TransactionReport, queueName: string, capacity: number): Violation[] {
  const state = new WaiterState(capacity);
  const known = new Set<string>();
  const violations: Violation[] = [];
  for (const step of readSteps(report, queueName)) {
    for (const { kind, what } of faultsOf(step, state, known)) {
      const did = report.describe(step.index).slice(0, 12).join('; ');
      violations.push({ kind, message: `transaction ${step.index} ${what}: ${did}`, evidence: [] });
    }
    for (const id of step.added) known.add(id);
    for (const effect of step.effects) state.apply(effect);
  }
  if (known.size === 0)
    violations.push({ kind: 'nothing-seen', message: `nothing entered ${queueName}`, evidence: [] });
  return violations;
}

function* faultsOf(step: QueueStep, state: WaiterState, known: Set<string>): Generator<{ kind: string; what: string }> {
  const { before, after, added } = step;
  if (after > before && after > state.capacity) {
    yield { kind: 'over', what: `left ${after} unfinished jobs with a capacity of ${state.capacity}` };
  }
  if (added.length === 0) return;
  const wanted = state.wantedBefore(step);
  const free = Math.max(0, state.capacity - before - wanted);
  if (wanted > 0 && added.length > free) {
    yield {
      kind: 'overtaken',
      what: `took ${added.length} of ${state.capacity - before} free, ${wanted} wanted by earlier tickets`,
    };
  }
  for (const id of added) if (known.has(id)) yield { kind: 'added-twice', what: `added ${id} again` };
  if (new Set(added).size < added.length) yield { kind: 'added-twice', what: 'added a job twice' };
  if (state.sealed) yield { kind: 'into-sealed', what: `added ${added.length} to a sealed queue` };
}
