import { type GroupContender, groupContenders } from '../process-group/group-contender.ts';
import { percentile } from '../statistics.ts';

/** Milliseconds from the call of put to the start of the handler, in another process that had nothing to do. */
export interface IdleSample {
  readonly contender: GroupContender;
  readonly startedAfterMs: readonly number[];
}

export interface IdleRow {
  readonly contender: GroupContender;
  readonly samples: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** All rounds together: a percentile of a round's few samples would say little. */
export function summariseIdle(samples: readonly IdleSample[]): IdleRow[] {
  return groupContenders.flatMap((contender) => {
    const own = samples
      .filter((sample) => sample.contender === contender)
      .flatMap(({ startedAfterMs }) => startedAfterMs);
    if (own.length === 0) return [];
    return [{ contender, samples: own.length, p50Ms: percentile(own, 0.5), p99Ms: percentile(own, 0.99) }];
  });
}
