import fc from 'fast-check';

/** One step of a pool. Picks choose among the jobs that it holds. */
export type PoolStep =
  /** Completes the picked ones and takes so many. `late` ones stay in the pool's hands, and are settled a second time. */
  | { do: 'batch'; completed: number[]; take: number; late: boolean }
  | { do: 'poolRetry'; job: number; delayMs: number }
  | { do: 'poolFail'; job: number }
  | { do: 'poolRelease'; job: number; delayMs: number }
  /** Its lease is over, or another's. */
  | { do: 'loseLock'; job: number; toAnother: boolean }
  /** What a sweep does with every job that runs: the next one gives back those whose lock is gone by then. */
  | { do: 'poolMark' };

const job = fc.nat({ max: 40 });
const delayMs = fc.constantFrom(0, 1, 500);

/** Two turns, and sometimes another way to end. */
export const poolSteps: fc.Arbitrary<PoolStep[]> = fc
  .tuple(
    fc.array(
      fc.record({
        do: fc.constant('batch' as const),
        completed: fc.array(job, { maxLength: 4 }),
        take: fc.integer({ min: 0, max: 4 }),
        late: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
    fc.option(
      fc.oneof(
        fc.record({ do: fc.constant('poolRetry' as const), job, delayMs }),
        fc.record({ do: fc.constant('poolFail' as const), job }),
        fc.record({ do: fc.constant('poolRelease' as const), job, delayMs }),
        fc.record({ do: fc.constant('loseLock' as const), job, toAnother: fc.boolean() }),
        fc.record({ do: fc.constant('poolMark' as const) }),
      ),
      { nil: undefined, freq: 2 },
    ),
  )
  .map(([turns, other]): PoolStep[] => (other ? [...turns, other] : turns));

export function isPoolStep(step: { do: string }): step is PoolStep {
  return step.do === 'batch' || step.do.startsWith('pool') || step.do === 'loseLock';
}
