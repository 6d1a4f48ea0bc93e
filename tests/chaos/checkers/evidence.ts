import type { HistoryFile, RecordedFact } from '@sluice/testing/history';
import type { DeliveryEntry, JobEntry, QueueLog } from '@sluice/testing/queue-log';
import type { TransactionReport } from '@sluice/testing/transactions';
import { scheduledTag } from '../programs/chaos-queue.ts';
import type { Leftovers } from '../run/leftovers.ts';
import type { Tolerances } from './tolerances.ts';

/** What the checkers read. */
export interface Evidence {
  history: Pick<HistoryFile, 'facts'>;
  queueLog: QueueLog;
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

/** The name of a job's puts in the history. */
export function tagOf({ data, id }: JobEntry): string {
  try {
    return (JSON.parse(data) as { tag?: string }).tag ?? id;
  } catch {
    return id;
  }
}

/** Whether a job comes from a schedule, and not from a put. */
export function isScheduled(job: JobEntry): boolean {
  return tagOf(job).startsWith(scheduledTag(''));
}

/** The capacity when a transaction was run. */
export function capacityAt({ queueLog, capacity }: Pick<Evidence, 'queueLog' | 'capacity'>, index: number): number {
  return queueLog.capacities.findLast((change) => change.in <= index)?.capacity ?? capacity;
}

/** Finds the delivery of a run: its worker's last one before the handler was called. */
export function deliveryFinder(jobs: readonly JobEntry[]): (run: FactOf<'delivered'>) => DeliveryEntry | undefined {
  const entries = Map.groupBy(jobs, ({ id }) => id);
  return (run) =>
    (entries.get(run.id) ?? [])
      .flatMap(({ deliveries }) => deliveries)
      .findLast(({ worker, takenAtMs }) => worker === run.worker && takenAtMs <= run.at + CLOCKS_MS);
}

/** How far two readings of one machine's clock may differ, in whole milliseconds. */
export const CLOCKS_MS = 5;
