import type { HistoryFile, RecordedFact } from '@sluice/testing/history';
import type { DeliveryEntry, JobEntry, Ledger } from '@sluice/testing/ledger';
import type { TransactionReport } from '@sluice/testing/transactions';
import type { Leftovers } from '../run/leftovers.ts';
import type { Tolerances } from './tolerances.ts';

/** What the checkers look at. */
export interface Evidence {
  history: Pick<HistoryFile, 'facts'>;
  ledger: Ledger;
  report: TransactionReport;
  leftovers: Leftovers;
  crashes: readonly string[];
  capacity: number;
  /** Names of our keys that docs/architecture.md lists: what follows `sluice:`, up to the next colon. */
  documentedKeys: ReadonlySet<string>;
  tolerances: Tolerances;
}

export type FactOf<Type extends RecordedFact['type']> = Extract<RecordedFact, { type: Type }>;

/** The facts of one type. */
export function factsOf<Type extends RecordedFact['type']>(
  { history }: Pick<Evidence, 'history'>,
  type: Type,
): FactOf<Type>[] {
  return history.facts.filter((fact): fact is FactOf<Type> => fact.type === type);
}

/** The name under which a job's puts are in the history. */
export function tagOf({ data, id }: JobEntry): string {
  try {
    return (JSON.parse(data) as { tag?: string }).tag ?? id;
  } catch {
    return id;
  }
}

/** Finds which hand-over a run is of: its worker's last one before the handler was called. */
export function handOverFinder(jobs: readonly JobEntry[]): (run: FactOf<'delivered'>) => DeliveryEntry | undefined {
  const entries = Map.groupBy(jobs, ({ id }) => id);
  return (run) =>
    (entries.get(run.id) ?? [])
      .flatMap(({ deliveries }) => deliveries)
      .findLast(({ worker, takenAtMs }) => worker === run.worker && takenAtMs <= run.at + CLOCKS_MS);
}

/** How far two clocks of one machine may be apart, as milliseconds are counted. */
export const CLOCKS_MS = 5;
