import type { Machine } from '../machine.ts';
import type { AllReport } from './all-report.ts';
import { type Comparison, compareWithSaved, LEAST_CHANGE, type Worsening } from './compare-with-saved.ts';

/** What a check says, line by line, and whether something is worse than it was. */
export interface CheckResult {
  readonly isWorse: boolean;
  readonly text: string;
}

/** Compares a report with the saved one. */
export function checkAgainst(saved: AllReport, now: AllReport): CheckResult {
  const comparison = compareWithSaved(saved.rows, now.rows);
  const lines = [...elsewhere(saved.machine, now.machine), ...comparison.worse.map(lineOf), summary(comparison, saved)];
  return { isWorse: comparison.worse.length > 0, text: lines.join('\n') };
}

const lineOf = ({ what, before, now }: Worsening): string =>
  `worse: ${what}: ${now.toFixed(2)} × BullMQ, saved ${before.toFixed(2)}`;

function summary({ worse, compared, undecided }: Comparison, { takenAt }: AllReport): string {
  const count = worse.length === 0 ? 'None' : `${worse.length}`;
  const few = undecided === 0 ? '' : ` ${undecided} more had too few rounds to say.`;
  return (
    `${count} of ${compared} ratios to BullMQ got worse by more than ${LEAST_CHANGE * 100} % and by more than their rounds differ, ` +
    `compared with those saved on ${takenAt.slice(0, 10)}.${few}`
  );
}

/** Ratios of another machine or version may differ for that alone. */
function elsewhere(saved: Machine, now: Machine): string[] {
  const facts = (machine: Machine): string[] => [
    machine.cpu,
    `${machine.cores} cores`,
    `Node ${machine.node}`,
    `Redis ${machine.redis}`,
    typeof machine.pinning === 'object' ? 'pinned to CPUs' : 'not pinned to CPUs',
    ...Object.entries(machine.libraries).map(([name, version]) => `${name} ${version}`),
  ];
  const before = new Set(facts(saved));
  const other = facts(now).filter((fact) => !before.has(fact));
  return other.length === 0 ? [] : [`The saved ratios were not taken with ${other.join(', ')}.`];
}
