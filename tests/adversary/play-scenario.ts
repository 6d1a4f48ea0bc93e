import type { Scenario } from './scenario.ts';
import { seeded } from './seeded.ts';

/** Plays one scenario. @throws Error that says with which seed it failed, and how to play it again */
export async function playScenario(
  { name, play }: Scenario,
  { seed, long }: { seed: number; long: boolean },
): Promise<void> {
  const started = performance.now();
  try {
    await play({ seed, long, random: seeded(seed) });
    console.log(`seed ${seed}: ${name} (${Math.round(performance.now() - started)} ms)`);
  } catch (cause) {
    const again = `node -C @sluice/source tests/adversary/main.ts --seed ${seed} --only '${name}'${long ? ' --long' : ''}`;
    throw new Error(`${name} failed with seed ${seed}; again: ${again}`, { cause });
  }
}
