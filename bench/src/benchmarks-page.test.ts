import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type AllReport, renderAllSection } from './all/all-report.ts';
import { benchmarksPage, figuresOf, sectionOf } from './benchmarks-page.ts';
import { type ControlReport, controlSection, NOT_MEASURED, renderControlSection } from './control/control-report.ts';
import { controlRowNames } from './control/known-rows.ts';
import { type HttpReport, renderHttpSection } from './http/http-report.ts';
import { type LifeReport, renderLifeSection } from './life/life-report.ts';
import { type PutReport, renderPutSection } from './put/put-report.ts';
import { type RecoverReport, renderRecoverSection } from './recover/recover-report.ts';
import { renderTakeSection, type TakeReport } from './take/take-report.ts';
import { renderWaitSection, type WaitReport } from './wait/wait-report.ts';

const page = await readFile(benchmarksPage, 'utf8');
const json = async <T>(file: URL): Promise<T> => JSON.parse(await readFile(file, 'utf8')) as T;

describe('docs/benchmarks.md', () => {
  it('shows the kept figures of put, and no others', async () => {
    expect(sectionOf(page, 'put')).toBe(renderPutSection(await json<PutReport>(figuresOf('put'))));
  });

  it('shows the kept figures of wait, and no others', async () => {
    expect(sectionOf(page, 'wait')).toBe(renderWaitSection(await json<WaitReport>(figuresOf('wait'))));
  });

  it('shows the kept figures of take, and no others', async () => {
    expect(sectionOf(page, 'take')).toBe(renderTakeSection(await json<TakeReport>(figuresOf('take'))));
  });

  it('shows the kept figures of life, and no others', async () => {
    expect(sectionOf(page, 'life')).toBe(renderLifeSection(await json<LifeReport>(figuresOf('life'))));
  });

  it('shows the kept figures of recover, and no others', async () => {
    expect(sectionOf(page, 'recover')).toBe(renderRecoverSection(await json<RecoverReport>(figuresOf('recover'))));
  });

  it('shows the kept figures of http, and no others', async () => {
    expect(sectionOf(page, 'http')).toBe(renderHttpSection(await json<HttpReport>(figuresOf('http'))));
  });

  it('shows the kept figures of all, and no others', async () => {
    const figures = figuresOf('all');
    const shown = existsSync(figures) ? renderAllSection(await json<AllReport>(figures)) : NOT_MEASURED;
    expect(sectionOf(page, 'all')).toBe(shown);
  });

  it.each(controlRowNames)('shows the kept figures of control %s, and no others', async (row) => {
    const name = controlSection(row);
    const figures = figuresOf(name);
    const shown = existsSync(figures) ? renderControlSection(await json<ControlReport>(figures)) : NOT_MEASURED;
    expect(sectionOf(page, name)).toBe(shown);
  });

  it('is refused when its marks are gone', () => {
    expect(() => sectionOf('# Figures', 'put')).toThrow('the page has no marks for put');
  });
});
