import { describe, expect, it } from 'vitest';
import { runExample } from '../run-example.ts';

const run = (name: string) => runExample(`examples/from-asyncio/${name}.ts`);

/** The seconds of a line such as `together: 2.0 s`. */
function secondsOf(lines: readonly string[], label: string): number {
  const line = lines.find((candidate) => candidate.startsWith(`${label}: `));
  return Number(/: ([\d.]+) s$/.exec(line ?? '')?.[1]);
}

describe.concurrent('examples/from-asyncio', { timeout: 70_000 }, () => {
  it('two-waits: two waits of 1 s and 2 s take 3 s in turn and less than that together', async () => {
    const lines = await run('two-waits');
    expect(secondsOf(lines, 'in turn')).toBeGreaterThanOrEqual(3);
    expect(secondsOf(lines, 'together')).toBeGreaterThanOrEqual(2);
    // A busy machine adds to both.
    expect(secondsOf(lines, 'together')).toBeLessThan(secondsOf(lines, 'in turn'));
    expect(lines.slice(0, 2)).toEqual(['waited 1 s', 'waited 2 s']);
    expect(lines).toContain("[ 'waited 1 s', 'waited 2 s' ]");
  });

  it('gather: three workers give results in the order of the input, and work at the same time', async () => {
    const lines = await run('gather');
    expect(lines.slice(0, 3)).toEqual(['worker A is done', 'worker C is done', 'worker B is done']);
    expect(lines).toContain("[ 'result of A', 'result of B', 'result of C' ]");
    expect(secondsOf(lines, 'gathered')).toBeGreaterThanOrEqual(2);
    expect(secondsOf(lines, 'gathered')).toBeLessThan(4.5); // one after the other
  });

  it('fetch-pages: three URLs become data, the failed one too', async () => {
    const lines = await run('fetch-pages');
    expect(lines.map((line) => line.slice(0, 1))).toEqual(['✓', '✓', '✗']);
    const [home, about, broken] = lines.map((line): unknown => JSON.parse(line.slice(2)));
    const url = (path: string): unknown => expect.stringMatching(new RegExp(`^http://127\\.0\\.0\\.1:\\d+${path}$`));
    expect(home).toEqual({ url: url('/'), status: 200, success: true });
    expect(about).toEqual({ url: url('/about'), status: 200, success: true });
    expect(broken).toEqual({ url: url('/broken'), error: expect.stringContaining('fetch failed'), success: false });
  });

  it('producer-consumers: ten items pass a queue of five, each done once, by two consumers', async () => {
    const lines = await run('producer-consumers');
    const done = lines.flatMap((line) => /^(consumer \d) did item (\d+)$/.exec(line)?.slice(1, 3) ?? []);
    const numbers = done.filter((_, index) => index % 2 === 1).map(Number);
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(done.filter((_, index) => index % 2 === 0))).toEqual(new Set(['consumer 1', 'consumer 2']));
    const depths = lines.flatMap((line) => /^put item \d+: (\d+) of 5/.exec(line)?.[1] ?? []).map(Number);
    expect(depths).toHaveLength(10);
    expect(Math.max(...depths)).toBe(5);
    expect(lines.filter((line) => line.endsWith('after waiting for capacity')).length).toBeGreaterThan(0);
    const ends = ['all items are done', 'consumer 1 ends: no item for 2 s', 'consumer 2 ends: no item for 2 s'];
    expect(lines.slice(-3).toSorted()).toEqual(ends);
    expect(lines.at(-3)).toBe('all items are done');
  });

  it('timeouts: the page that is too slow becomes "Timeout after 3 seconds"', async () => {
    expect(await run('timeouts')).toEqual(["[ '✓ a page of 1 s', '✗ Timeout after 3 seconds' ]"]);
  });
});
