import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { benchmarksPage, putFigures, sectionOf, waitFigures } from './benchmarks-page.ts';
import type { PutReport } from './put/put-report.ts';
import { renderPutSection } from './put/put-section.ts';
import type { WaitReport } from './wait/wait-report.ts';
import { renderWaitSection } from './wait/wait-section.ts';

const page = await readFile(benchmarksPage, 'utf8');
const json = async <T>(file: URL): Promise<T> => JSON.parse(await readFile(file, 'utf8')) as T;

describe('docs/benchmarks.md', () => {
  it('shows the kept figures of put, and no others', async () => {
    expect(sectionOf(page, 'put')).toBe(renderPutSection(await json<PutReport>(putFigures)));
  });

  it('shows the kept figures of wait, and no others', async () => {
    expect(sectionOf(page, 'wait')).toBe(renderWaitSection(await json<WaitReport>(waitFigures)));
  });

  it('is refused when its marks are gone', () => {
    expect(() => sectionOf('# Figures', 'put')).toThrow('the page has no marks for put');
  });
});
