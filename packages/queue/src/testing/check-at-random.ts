import fc from 'fast-check';

export interface RandomRuns {
  readonly numRuns: number;
  /** No new input is begun, and no failure made smaller, after this long. One that has begun comes to its end, and closes what it opened. */
  readonly withinMs: number;
}

/** Runs a check on random inputs. A failure is printed with its seed and path, and the smallest input that shows it. */
export async function checkAtRandom<T>(
  inputs: fc.Arbitrary<T>,
  check: (input: T) => Promise<void>,
  { numRuns, withinMs }: RandomRuns,
): Promise<void> {
  const endAtMs = performance.now() + withinMs;
  const property = fc.asyncProperty(inputs, async (input) => {
    if (performance.now() < endAtMs) await check(input);
  });
  await fc.assert(property, { numRuns });
}
