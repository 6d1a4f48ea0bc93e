import { describe, expect, it } from 'vitest';
import { runRounds } from './run-rounds.ts';

describe('rounds', () => {
  it('begin with one that warms up and is not counted', async () => {
    let round = 0;
    const lines: string[] = [];
    const hooks = { onProgress: (line: string) => void lines.push(line) };
    const result = await runRounds({ rounds: 2, timeLimitMs: 60_000 }, hooks, async () => [round++, 10]);
    expect(result).toEqual({ rounds: 2, samples: [1, 10, 2, 10] });
    expect(lines).toEqual(['warm-up', 'round 1 of 2', 'round 2 of 2']);
  });

  it('end when time is up, but not before one has counted', async () => {
    const lines: string[] = [];
    const hooks = { onProgress: (line: string) => void lines.push(line) };
    const result = await runRounds({ rounds: 9, timeLimitMs: 0 }, hooks, async () => ['x']);
    expect(result).toEqual({ rounds: 1, samples: ['x'] });
    expect(lines.at(-1)).toBe('time is up after 1 of 9 rounds');
  });
});
