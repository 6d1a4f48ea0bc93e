import { type JobCost, jobCostOf, type RunCost } from '../job-cost.ts';
import type { Machine } from '../machine.ts';
import type { IdleRow } from './idle-figures.ts';
import { type ContenderName, contenderNames } from './take-contender.ts';
import type { TakeCase } from './take-plan.ts';

/** What one measured run cost. */
export interface TakeSample extends RunCost {
  readonly contender: ContenderName;
  readonly case: TakeCase;
}

/** One contender in one case, over all rounds. */
export interface TakeRow extends JobCost {
  readonly contender: ContenderName;
  readonly case: TakeCase;
}

/** What `pnpm bench take --json` prints. */
export interface TakeReport {
  readonly bench: 'take';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** Jobs of one run; with a single slot a fifth of them. */
  readonly jobs: number;
  readonly rows: readonly TakeRow[];
  /** From put to handler start on an idle queue. */
  readonly idle: readonly IdleRow[];
}

/** One row for each case and contender that there are samples of, in the order of the cases. */
export function summarise(cases: readonly TakeCase[], samples: readonly TakeSample[]): TakeRow[] {
  const keys = cases.flatMap((one) => contenderNames.map((contender) => ({ contender, case: one })));
  return keys.flatMap((key) => {
    const own = samples.filter((sample) => sample.contender === key.contender && sample.case === key.case);
    return own.length === 0 ? [] : [{ ...key, ...jobCostOf(own) }];
  });
}
