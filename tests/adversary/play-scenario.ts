import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from './scenario.ts';
import { seeded } from '@sluice/testing/seeded';

const LONGEST_MS = 240_000;

/** Plays one scenario. @throws Error that says with which seed it failed, and how to play it again */
export async function playScenario(
  { name, play }: Scenario,
  { seed, long }: { seed: number; long: boolean },
): Promise<void> {
  const started = performance.now();
  try {
    await Promise.race([play({ seed, long, random: seeded(seed) }), tooLong()]);
    console.log(`seed ${seed}: ${name} (${Math.round(performance.now() - started)} ms)`);
  } catch (cause) {
    const again = `node -C @sluice/source tests/adversary/main.ts --seed ${seed} --only '${name}'${long ? ' --long' : ''}`;
    throw new Error(`${name} failed with seed ${seed}; again: ${again}`, { cause });
  }
}

/** A scenario that never ends fails, too. */
async function tooLong(): Promise<never> {
  await sleep(LONGEST_MS, undefined, { ref: false });
  throw new Error(`the scenario was still running after ${LONGEST_MS} ms`);
}
