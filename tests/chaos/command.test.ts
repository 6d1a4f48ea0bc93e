import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { describePlan } from './plan/describe-plan.ts';
import { makePlan } from './plan/make-plan.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `pnpm chaos`, without pnpm around it. */
function chaosCommand(...args: string[]): Promise<{ code: number; out: string; errors: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['scripts/bootstrap.mjs', 'chaos', ...args],
      { cwd: root },
      (_, out, errors) => resolve({ code: child.exitCode ?? -1, out, errors }),
    );
  });
}

describe('pnpm chaos', () => {
  it('shows the plan of each seed without carrying it out', async () => {
    const { code, out } = await chaosCommand('--plan', '--seed', '4..5', '--minutes', '0.5', '--workers', '2');
    const plan = (seed: number): string =>
      describePlan(makePlan({ seed, durationMs: 30_000, producers: 3, workers: 2, operators: 1 }));
    expect(code).toBe(0);
    expect(out).toContain(plan(4));
    expect(out).toContain(plan(5));
  });

  it.each([['--seed', '5..4'], ['--minutes', '0'], ['--workers', '99'], ['--tolerate', 'everything'], ['--unknown']])(
    'refuses %s %s with code 2',
    async (...args) => {
      expect((await chaosCommand(...args)).code).toBe(2);
    },
  );
});
