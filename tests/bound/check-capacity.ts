import type { TransactionReport } from '@sluice/testing';

const FIELD = 'sluice.capacity';

/** The capacities that were in force, one after the other, and each transaction that added a job above the current one. */
export interface CapacityCheck {
  capacities: number[];
  violations: string[];
}

/** Reads from Redis's log which capacity was in force when, and whether it held. */
export function checkCapacity(report: TransactionReport, metaKey: string): CapacityCheck {
  const capacities: number[] = [];
  const violations: string[] = [];
  for (let index = 0; index < report.transactions; index += 1) {
    const written = writtenCapacity(report.commands(index), metaKey);
    if (written !== undefined && written !== capacities.at(-1)) capacities.push(written);
    const [before = 0, after = 0] = [index > 0 ? report.depths[index - 1] : 0, report.depths[index]];
    const capacity = capacities.at(-1) ?? 0;
    if (after > before && after > capacity) {
      violations.push(`${after} unfinished jobs at a capacity of ${capacity}: ${report.describe(index).join('; ')}`);
    }
  }
  return { capacities, violations };
}

function writtenCapacity(commands: readonly (readonly Buffer[])[], metaKey: string): number | undefined {
  for (const command of commands) {
    const [name = '', key, ...fields] = command.map(String);
    if (name.toUpperCase() !== 'HSET' || key !== metaKey) continue;
    const at = fields.findIndex((field, index) => index % 2 === 0 && field === FIELD);
    if (at >= 0) return Number(fields[at + 1]);
  }
  return undefined;
}
