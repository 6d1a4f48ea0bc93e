import type { RecordedFact } from './fact.ts';
import type { History } from './history.ts';
import type { Violation } from './violation.ts';

export interface NoneTwiceOptions {
  /**
   * The most runs of one job that may fail, as its contract says.
   *
   * @default not checked
   */
  maxAttempts?: number;
}

type Delivered = Extract<RecordedFact, { type: 'delivered' }>;

/** One job's life so far, and its violations. */
interface Life {
  id: string;
  facts: RecordedFact[];
  /** Runs that have begun and not ended. */
  running: Delivered[];
  /** The worker whose handler succeeded, while its ack is not known to have arrived. */
  completedBy: string | null;
  settled: boolean;
  /** The runs that failed, with their workers. A repeated attempt counts again, unless its worker died. */
  failed: { worker: string; attempt: number }[];
  violations: Violation[];
}

/**
 * Once: no job runs again unless its last run failed, was given back, or died with its worker.
 *
 * Kinds: `ran-while-held`, a second run while a living worker has the first; `ran-after-completed`, a run after a handler
 * succeeded whose worker lives; `ran-after-settled`; `settled-twice`; `returned-undelivered`, an end without a beginning;
 * `too-many-attempts`; `nothing-seen`.
 */
export function noneTwice(
  history: History,
  { maxAttempts = Number.POSITIVE_INFINITY }: NoneTwiceOptions = {},
): Violation[] {
  const dead = new Set<string>();
  const lives = new Map<string, Life>();
  for (const fact of history.facts) {
    if (fact.type === 'killed') dead.add(fact.process);
    else if (fact.type === 'delivered' || fact.type === 'returned' || fact.type === 'settled') {
      checkFact(lifeOf(lives, fact.id), fact, dead, maxAttempts);
    }
  }
  if (lives.size === 0) return [{ kind: 'nothing-seen', message: 'no job was delivered', evidence: [] }];
  return [...lives.values()].flatMap(({ violations }) => violations);
}

function lifeOf(lives: Map<string, Life>, id: string): Life {
  const known = lives.get(id);
  if (known) return known;
  const life: Life = { id, facts: [], running: [], completedBy: null, settled: false, failed: [], violations: [] };
  lives.set(id, life);
  return life;
}

type LifeFact = Extract<RecordedFact, { type: 'delivered' | 'returned' | 'settled' }>;

function checkFact(life: Life, fact: LifeFact, dead: ReadonlySet<string>, maxAttempts: number): void {
  life.facts.push(fact);
  switch (fact.type) {
    case 'delivered':
      return deliver(life, fact, dead);
    case 'returned':
      return endRun(life, fact, maxAttempts);
    case 'settled':
      return settle(life);
    default:
      fact satisfies never;
  }
}

function deliver(life: Life, fact: Delivered, dead: ReadonlySet<string>): void {
  life.running = life.running.filter(({ worker }) => !dead.has(worker));
  const holder = life.running[0];
  if (life.settled) addViolation(life, 'ran-after-settled', `ran on ${fact.worker} after it was settled`);
  else if (holder) addViolation(life, 'ran-while-held', `ran on ${fact.worker} while ${holder.worker} had it`);
  else if (life.completedBy !== null && !dead.has(life.completedBy)) {
    addViolation(
      life,
      'ran-after-completed',
      `ran on ${fact.worker} after it was done on ${life.completedBy}, which lives`,
    );
  }
  life.completedBy = null;
  // A worker died before Redis got the failure, so another worker repeats the attempt.
  life.failed = life.failed.filter(({ worker, attempt }) => attempt !== fact.attempt || !dead.has(worker));
  life.running.push(fact);
}

function endRun(life: Life, fact: Extract<RecordedFact, { type: 'returned' }>, maxAttempts: number): void {
  const run = life.running.findIndex(({ worker, attempt }) => worker === fact.worker && attempt === fact.attempt);
  if (run < 0) return addViolation(life, 'returned-undelivered', `ended on ${fact.worker}, which did not have it`);
  life.running.splice(run, 1);
  if (fact.outcome === 'completed') life.completedBy = fact.worker;
  if (fact.outcome !== 'failed') return;
  life.failed.push(fact);
  const failures = life.failed.length;
  if (failures > maxAttempts)
    addViolation(life, 'too-many-attempts', `failed ${failures} times, of ${maxAttempts} allowed`);
}

function settle(life: Life): void {
  if (life.settled) addViolation(life, 'settled-twice', 'was settled a second time');
  life.settled = true;
}

function addViolation(life: Life, kind: string, what: string): void {
  life.violations.push({ kind, id: life.id, message: `job ${life.id} ${what}`, evidence: [...life.facts] });
}
