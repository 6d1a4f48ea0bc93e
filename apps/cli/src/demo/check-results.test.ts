import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkResults } from './check-results.ts';
import { expectationOf } from './expectations.ts';
import { listPages } from './pages.ts';

const pages = listPages({ site: 'http://127.0.0.1:4000', refusing: 'http://127.0.0.1:4001' });
const lineOf = (kind: string) => pages.findIndex((page) => page.kind === kind) + 1;

/** A result of every page, as the site means it. */
function rightResults() {
  return pages.map((page, index) => {
    const { error, ...expected } = expectationOf(page);
    return {
      line: index + 1,
      url: page.url,
      ...expected,
      error: error && { code: error, message: 'as meant' },
    };
  });
}

describe('checkResults', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'check-results-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function check(results: object[]): Promise<string[]> {
    const path = join(folder, 'results.ndjson');
    await writeFile(path, results.map((result) => `${JSON.stringify(result)}\n`).join(''));
    return checkResults(path, pages);
  }

  it('finds nothing when every page ended as the site means it, in whatever order', async () => {
    expect(await check(rightResults().toReversed())).toEqual([]);
  });

  it.each([
    ['ok', 'fast', { ok: false }],
    ['status', 'missing', { status: 200 }],
    ['error', 'hang', { error: { code: 'RESET' } }],
    ['attempts', 'flaky', { attempts: 1 }],
    ['finalUrl', 'moved', { finalUrl: 'http://127.0.0.1:4000/moved/1' }],
    ['sha256', 'large', { sha256: 'cut short' }],
  ])('reports when the field %s of a %s page is another one', async (field, kind, change) => {
    const line = lineOf(kind);
    const results = rightResults().map((result) => (result.line === line ? { ...result, ...change } : result));
    expect(await check(results)).toEqual([expect.stringContaining(`/${kind}/1 ended with ${field} `)]);
  });

  it('reports when a page has no result', async () => {
    const results = rightResults().filter((result) => result.line !== lineOf('slow'));
    expect(await check(results)).toEqual([expect.stringContaining('/slow/1 has 0 results')]);
  });

  it('reports when a page has two results', async () => {
    const results = rightResults();
    expect(await check([...results, ...results.slice(0, 1)])).toEqual([expect.stringContaining('has 2 results')]);
  });

  it('reports when a result is of a line that was never asked for', async () => {
    const results = rightResults();
    const stranger = { ...results[0], line: pages.length + 1 };
    expect(await check([...results, stranger])).toEqual([expect.stringContaining(`line ${pages.length + 1}`)]);
  });
});
