import type { RecordedFact, Violation } from '@sluice/testing/history';
import type { ChaosResult } from '../chaos.ts';
import { tagOf } from '../checkers/evidence.ts';
import type { ChaosRun } from '../run/run-chaos.ts';
import { countRun } from './count-run.ts';

/** How many of the records around a violation are shown. */
const shownMost = 60;

/** The counts, the rules, and the first violation with the records around it, or `nothing found`. */
export function describeResult({ run, ruleResults }: ChaosResult, command: string): string {
  const counts = countRun(run).map(([what, count]) => `  ${what.padEnd(38)} ${count}`);
  const rules = ruleResults.map(({ rule, violations }) => `  ${rule.padEnd(38)} ${describeCount(violations)}`);
  const first = ruleResults.find(({ violations }) => violations.length > 0)?.violations[0];
  const finding = first ? describeViolation(first, run, command) : ['nothing found'];
  return [...counts, '', ...rules, '', ...finding].join('\n');
}

function describeCount(violations: readonly Violation[]): string {
  if (violations.length === 0) return 'holds';
  const kinds = Map.groupBy(violations, ({ kind }) => kind);
  return `BROKEN: ${[...kinds].map(([kind, all]) => `${all.length} ${kind}`).join(', ')}`;
}

function describeViolation(violation: Violation, { history, queueLog }: ChaosRun, command: string): string[] {
  const entries = queueLog.jobs.filter((job) => job.id === violation.id || tagOf(job) === violation.id);
  const names = new Set([violation.id, ...entries.flatMap((job) => [job.id, tagOf(job)])]);
  const records = recordsAround(violation, names, history.facts);
  return [
    `${violation.kind}: ${violation.message}`,
    '',
    'what the processes recorded:',
    ...records.map((fact) => `  ${JSON.stringify(fact)}`),
    '',
    "what Redis's log says:",
    ...entries.map((entry) => `  ${JSON.stringify(entry)}`),
    '',
    `again: ${command}`,
  ];
}

/** All facts about the job under each of its names, and all faults around that time. */
function recordsAround(
  { evidence }: Violation,
  names: ReadonlySet<string | undefined>,
  facts: readonly RecordedFact[],
): RecordedFact[] {
  const about = new Set([...evidence, ...facts.filter((fact) => 'id' in fact && names.has(fact.id))]);
  const times = [...about].map(({ at }) => at);
  const from = Math.min(...times) - 1_000;
  const until = Math.max(...times) + 1_000;
  const isFault = ({ type, at }: RecordedFact): boolean =>
    (type === 'fault' || type === 'killed') && at >= from && at <= until;
  return facts.filter((fact) => about.has(fact) || isFault(fact)).slice(0, shownMost);
}
