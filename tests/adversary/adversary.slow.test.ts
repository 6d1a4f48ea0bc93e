import { describe, test } from 'vitest';
import { playScenario } from './play-scenario.ts';
import { quickScenarios } from './scenarios/index.ts';

// Most of a scenario is waiting for processes to start and for tickets to die, so they run at once.
describe.concurrent('puts hold when', () => {
  const seed = Math.floor(Math.random() * 1e6);
  for (const scenario of quickScenarios) {
    test(`${scenario.name}`, async ({ expect }) => {
      await expect(playScenario(scenario, { seed, long: false })).resolves.toBeUndefined();
    });
  }
});
