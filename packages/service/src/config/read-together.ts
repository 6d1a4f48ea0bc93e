import { ConfigError } from '@sluice/queue/contracts';

/**
 * Two things that a program reads before it starts. What is wrong with the settings of both is reported together.
 *
 * @throws ConfigError with the problems of both; what either of them fails with
 */
export async function readTogether<A, B>(a: () => A | Promise<A>, b: () => B | Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([attempt(a), attempt(b)]);
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return [first.value, second.value];
  const reasons: unknown[] = [first, second].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  const problems = reasons.map(problemsOf);
  const [ofFirst, ofSecond] = problems;
  if (ofFirst && ofSecond) throw new ConfigError([...new Set([...ofFirst, ...ofSecond])]);
  throw reasons[
    Math.max(
      0,
      problems.findIndex((found) => found !== null),
    )
  ];
}

async function attempt<T>(read: () => T | Promise<T>): Promise<T> {
  return read();
}

/** Null for another error. By its code: an app may have a copy of the library of its own. */
function problemsOf(error: unknown): readonly string[] | null {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'SLUICE_CONFIG') return null;
  return 'problems' in error && Array.isArray(error.problems) ? error.problems.map(String) : null;
}
