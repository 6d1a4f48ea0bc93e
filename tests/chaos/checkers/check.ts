import type { Violation } from '@sluice/testing/history';
import { cancelledAsOrdered } from './cancelled-as-ordered.ts';
import { editedAsOrdered } from './edited-as-ordered.ts';
import type { Evidence } from './evidence.ts';
import { fenced } from './fenced.ts';
import { inOrder } from './in-order.ts';
import { inTime } from './in-time.ts';
import { limitedAsOrdered } from './limited-as-ordered.ts';
import { neverOver } from './never-over.ts';
import { noneLost } from './none-lost.ts';
import { nothingLeft } from './nothing-left.ts';
import { onceIn } from './once-in.ts';
import { pausedAsOrdered } from './paused-as-ordered.ts';
import { recoveredWithReason } from './recovered-with-reason.ts';
import { replayedAsOrdered } from './replayed-as-ordered.ts';
import { scheduledOnce } from './scheduled-once.ts';

/** The violations of one rule. */
export interface RuleResult {
  rule: string;
  violations: Violation[];
}

const rules: readonly (readonly [rule: string, check: (evidence: Evidence) => Violation[]])[] = [
  ['I1, the bound', neverOver],
  ['I2, no loss', noneLost],
  ['I3, the fencing token', fenced],
  ['I4, the order of waiting', inOrder],
  ['I5, time', inTime],
  ['I6, once in', onceIn],
  ['I6, none taken from a living worker', recoveredWithReason],
  ['cancel', cancelledAsOrdered],
  ['dead letters', replayedAsOrdered],
  ['edits', editedAsOrdered],
  ['pause', pausedAsOrdered],
  ['limits', limitedAsOrdered],
  ['schedules', scheduledOnce],
  ['nothing left behind', nothingLeft],
  ['no process crashed', processesLived],
];

/** Checks a run against every rule. */
export function check(evidence: Evidence): RuleResult[] {
  return rules.map(([rule, checkRule]) => ({ rule, violations: checkRule(evidence) }));
}

/** Kind: `process-died`. */
function processesLived({ crashes }: Pick<Evidence, 'crashes'>): Violation[] {
  return crashes.map((message) => ({ kind: 'process-died', message, evidence: [] }));
}
