import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { z } from 'zod';
import { expectationOf, type Expectation } from './expectations.ts';
import type { DemoPage } from './pages.ts';

const resultLine = z.object({
  line: z.int(),
  url: z.string(),
  ok: z.boolean(),
  status: z.int().nullable(),
  finalUrl: z.string().nullable(),
  sha256: z.string().nullable(),
  attempts: z.int(),
  error: z.object({ code: z.string() }).nullable(),
});
type ResultLine = z.infer<typeof resultLine>;

/**
 * Compares the results of a run with what the site means.
 *
 * @param path the NDJSON file that the run wrote
 * @param pages the pages in the order of the input; line numbers count from 1
 * @returns one sentence for each difference; none when every page has exactly one result and it is the right one
 */
export async function checkResults(path: string, pages: readonly DemoPage[]): Promise<string[]> {
  const results = Map.groupBy(await readResults(path), (result) => result.line);
  const differences = pages.flatMap((page, index) => checkPage(page, results.get(index + 1) ?? []));
  const strangers = [...results.keys()].filter((line) => line < 1 || line > pages.length);
  return [...differences, ...strangers.map((line) => `a result names line ${line}, which the list does not have`)];
}

async function readResults(path: string): Promise<ResultLine[]> {
  const results: ResultLine[] = [];
  for await (const text of createInterface({
    input: createReadStream(path),
    crlfDelay: Infinity,
  })) {
    results.push(resultLine.parse(JSON.parse(text)));
  }
  return results;
}

function checkPage(page: DemoPage, results: readonly ResultLine[]): string[] {
  const [result] = results;
  if (!result || results.length > 1) return [`${page.url} has ${results.length} results in place of 1`];
  const expected = expectationOf(page);
  const found = { ...result, error: result.error?.code ?? null };
  return comparedFields(expected)
    .filter((field) => found[field] !== expected[field])
    .map((field) => `${page.url} ended with ${field} ${found[field]} in place of ${expected[field]}`);
}

function comparedFields(expected: Expectation): (keyof Expectation)[] {
  const always = ['ok', 'status', 'error', 'attempts'] as const;
  return expected.ok ? [...always, 'finalUrl', 'sha256'] : [...always];
}
