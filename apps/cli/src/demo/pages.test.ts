import { describe, expect, it } from 'vitest';
import { listPages, pageCounts, pageKinds } from './pages.ts';

const origins = { site: 'http://127.0.0.1:4000', refusing: 'http://127.0.0.1:4001' };

describe('the list of the demo', () => {
  const pages = listPages(origins);

  it('has at least 400 pages, no page twice', () => {
    expect(pages.length).toBeGreaterThanOrEqual(400);
    expect(new Set(pages.map((page) => page.url)).size).toBe(pages.length);
  });

  it('has every kind of page as often as promised', () => {
    for (const kind of pageKinds) {
      expect(pages.filter((page) => page.kind === kind)).toHaveLength(pageCounts[kind]);
    }
  });

  it('is the same every time', () => {
    expect(listPages(origins)).toEqual(pages);
  });

  it('asks the refusing host for the pages that are refused, and the site for all others', () => {
    for (const page of pages) {
      expect(new URL(page.url).origin).toBe(page.kind === 'refused' ? origins.refusing : origins.site);
    }
  });

  it('spreads each kind over the whole list', () => {
    const half = pages.slice(0, pages.length / 2);
    for (const kind of pageKinds) {
      const share = half.filter((page) => page.kind === kind).length / pageCounts[kind];
      expect(share).toBeGreaterThanOrEqual(0.45);
      expect(share).toBeLessThanOrEqual(0.7);
    }
  });
});
