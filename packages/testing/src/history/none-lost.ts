import type { RecordedFact } from './fact.ts';
import type { History } from './history.ts';
import type { Violation } from './violation.ts';

/** What the queue holds at the end, by the callers' ids. */
export interface FinalState {
  /** Waiting, delayed or active. */
  unfinished: Iterable<string>;
  /** Kept as completed or dead. */
  settled: Iterable<string>;
}

type Knowledge = 'answered' | 'maybe' | 'refused';

/**
 * I2, no loss: every put that resolved is unfinished or settled, and every job that is there was put.
 *
 * A job whose end is in the history counts as settled also when retention has removed it since.
 * A put that is only known to have been sent, or whose answer is unknown, may be there or not.
 *
 * Kinds: `lost`; `in-two-states`; `refused-but-there`; `never-put`; `nothing-seen`.
 */
export function noneLost(history: History, finalState: FinalState): Violation[] {
  const unfinished = new Set(finalState.unfinished);
  const settled = new Set(finalState.settled);
  const known = knowledgeOf(history);
  const ended = new Set(history.facts.filter((fact) => fact.type === 'settled').map(({ id }) => id));
  const violation = violationIn(history);

  const answered = [...known].filter(([, knowledge]) => knowledge === 'answered').map(([id]) => id);
  const there = new Set([...unfinished, ...settled]);
  if (answered.length === 0) return [{ kind: 'nothing-seen', message: 'no put was answered', evidence: [] }];
  return [
    ...answered
      .filter((id) => !there.has(id) && !ended.has(id))
      .map((id) => violation('lost', id, 'was put, and is neither unfinished nor settled')),
    ...[...unfinished]
      .filter((id) => settled.has(id) || ended.has(id))
      .map((id) => violation('in-two-states', id, 'is settled and unfinished at once')),
    ...[...there]
      .filter((id) => known.get(id) === 'refused')
      .map((id) => violation('refused-but-there', id, 'is there, though every put of it was refused')),
    ...[...there].filter((id) => !known.has(id)).map((id) => violation('never-put', id, 'is there, but was never put')),
  ];
}

/** Whether the puts of an id, taken together, say that it was added. */
function knowledgeOf(history: History): Map<string, Knowledge> {
  const open = new Map<string, number>();
  const known = new Map<string, Knowledge>();
  const raise = (id: string, to: Knowledge): void => void known.set(id, stronger(known.get(id), to));
  for (const fact of history.facts) {
    if (fact.type === 'put-sent') open.set(fact.id, (open.get(fact.id) ?? 0) + 1);
    if (fact.type === 'put-answered') raise(fact.id, 'answered');
    if (fact.type === 'put-unknown') raise(fact.id, 'maybe');
    if (fact.type === 'put-refused') raise(fact.id, 'refused');
    if (fact.type.startsWith('put-') && fact.type !== 'put-sent' && 'id' in fact) {
      open.set(fact.id, (open.get(fact.id) ?? 1) - 1);
    }
  }
  // Its producer died or still waits, so it is unknown.
  for (const [id, count] of open) if (count > 0) raise(id, 'maybe');
  return known;
}

const strength: Record<Knowledge, number> = { refused: 0, maybe: 1, answered: 2 };

function stronger(a: Knowledge | undefined, b: Knowledge): Knowledge {
  return a !== undefined && strength[a] > strength[b] ? a : b;
}

function violationIn(history: History): (kind: string, id: string, what: string) => Violation {
  const evidenceFor = (id: string): RecordedFact[] => history.facts.filter((fact) => 'id' in fact && fact.id === id);
  return (kind, id, what) => ({ kind, id, message: `job ${id} ${what}`, evidence: evidenceFor(id) });
}
