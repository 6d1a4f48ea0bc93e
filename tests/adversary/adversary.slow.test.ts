import { describe, test } from 'vitest';
import { playScenario } from './play-scenario.ts';
import { scenarios } from './scenarios/index.ts';

// Each waits half a minute for the last key to end: they do so side by side.
describe.concurrent('puts hold, over longer runs, and leave no key behind, when', { timeout: 300_000 }, () => {
  const seed = Math.floor(Math.random() * 1e6);
  for (const scenario of scenarios) {
    test(`${scenario.name}`, async ({ expect }) => {
      await expect(playScenario(scenario, { seed, long: true })).resolves.toBeUndefined();
    });
  }
});
