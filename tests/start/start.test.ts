import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Ending {
  code: number | null;
  stdout: string;
  stderr: string;
  elapsedMs: number;
}

/** `npm start`, without npm around it. */
async function start(): Promise<Ending> {
  const { REDIS_URL: _, ...env } = process.env;
  const started = performance.now();
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'start'], { cwd: root, env });
  child.stdin.end();
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, stdout, stderr, elapsedMs: performance.now() - started };
}

describe('npm start', () => {
  let ending: Ending;
  /** The lines of the summary by their names. */
  let summary: Map<string, string>;

  beforeAll(async () => {
    ending = await start();
    const rows = ending.stdout.matchAll(/^ {2}(\w[\w ]*?) {2,}(\S.*)$/gm);
    summary = new Map([...rows].map(([, name = '', value = '']) => [name, value]));
  }, 120_000);

  afterAll(async () => {
    const results = summary.get('results');
    if (results?.includes('sluice-demo-')) await rm(dirname(results), { recursive: true });
  });

  it('ends by itself with exit code 0, within a minute', () => {
    expect(ending).toMatchObject({ code: 0 });
    expect(ending.elapsedMs).toBeLessThan(60_000);
  });

  it('says that every page ended as the site meant it', () => {
    expect(ending.stdout).toContain('Every result is as expected.');
  });

  it('counts what was fetched, failed, timed out and retried', () => {
    expect(summary.get('fetched')).toMatch(/^402 of 416 pages/);
    expect(summary.get('failed')).toMatch(/^14\b/);
    expect(summary.get('timed out')).toMatch(/^3\b/);
    expect(summary.get('retried')).toMatch(/^12\b/);
  });

  it('filled the queue to its capacity of 50, and never over it', () => {
    expect(summary.get('depth')).toBe('50 at the highest, of a capacity of 50');
  });

  it('made producers wait, and says how often and how long', () => {
    const [, count, average, longest] =
      /^producers waited (\d+) times for capacity, ([\d.]+) s on average, ([\d.]+) s at most$/.exec(
        summary.get('waited') ?? '',
      ) ?? [];
    expect(Number(count)).toBeGreaterThan(0);
    expect(Number(average)).toBeGreaterThan(0);
    expect(Number(longest)).toBeGreaterThanOrEqual(Number(average));
  });

  it('leaves the results where it says: one for each page', async () => {
    const lines = (await readFile(summary.get('results') ?? '', 'utf8')).trimEnd().split('\n');
    const numbers = lines.map((line): unknown => JSON.parse(line).line);
    expect(numbers).toHaveLength(416);
    expect(new Set(numbers).size).toBe(416);
  });

  it('shows its progress while it runs', () => {
    expect(ending.stdout + ending.stderr).toMatch(/\d+\/416/);
  });
});
