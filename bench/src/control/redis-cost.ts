import type { RedisMeter } from '../redis-meter.ts';
import { type Spread, spreadOf } from '../statistics.ts';

/** One of the ways of which the costs are compared. */
export interface ComparedWay {
  /** How many jobs `run` is about: costs are told per job. */
  readonly jobs: number;
  /** Before each run, on an empty Redis; not measured. */
  readonly prepare?: () => Promise<unknown>;
  readonly run: () => Promise<unknown>;
}

/**
 * Redis's CPU time in microseconds per job, of ways that take turns, so that a disturbance of the machine affects all of them.
 * Before each run Redis is emptied; one round more goes before those that count.
 */
export async function compareRedisCost<Name extends string>(
  { meter, rounds, signal }: { meter: RedisMeter; rounds: number; signal: AbortSignal },
  ways: Readonly<Record<Name, ComparedWay>>,
): Promise<Record<Name, Spread>> {
  const all = Object.entries<ComparedWay>(ways).map(([name, way]) => ({ name, way, costs: [] as number[] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { way, costs } of all) {
      signal.throwIfAborted();
      await meter.empty();
      await way.prepare?.();
      const before = await meter.cpuUs();
      await way.run();
      const cost = ((await meter.cpuUs()) - before) / way.jobs;
      if (round > 0) costs.push(cost);
    }
  }
  return Object.fromEntries(all.map(({ name, costs }) => [name, spreadOf(costs)])) as Record<Name, Spread>;
}
