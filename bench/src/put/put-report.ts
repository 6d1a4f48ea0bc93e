import type { Machine } from '../machine.ts';
import { type JobCost, jobCostOf, type RunCost } from '../job-cost.ts';
import { type ContenderName, contenderNames } from './contender.ts';
import { type PayloadSize, payloadSizes, type Shape, shapes } from './put-plan.ts';

/** What one measured run cost. */
export interface PutSample extends RunCost {
  readonly contender: ContenderName;
  readonly shape: Shape;
  readonly payload: PayloadSize;
}

/** One contender in one shape with one payload, over all rounds. */
export interface PutRow extends JobCost {
  readonly contender: ContenderName;
  readonly shape: Shape;
  readonly payload: PayloadSize;
}

/** What `pnpm bench put --json` prints. */
export interface PutReport {
  readonly bench: 'put';
  readonly takenAt: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** Jobs of one run; one at a time a fifth of them. */
  readonly jobs: number;
  readonly rows: readonly PutRow[];
}

/** One row for each contender, shape and payload that there are samples of, in the order in which they are shown. */
export function summarise(samples: readonly PutSample[]): PutRow[] {
  const keys = payloadSizes.flatMap((payload) =>
    shapes.flatMap((shape) => contenderNames.map((contender) => ({ contender, shape, payload }))),
  );
  return keys.flatMap((key) => {
    const own = samples.filter(
      ({ contender, shape, payload }) => contender === key.contender && shape === key.shape && payload === key.payload,
    );
    return own.length === 0 ? [] : [{ ...key, ...jobCostOf(own) }];
  });
}
