/** What a page of the demo site does when it is fetched. */
export const pageKinds = ['fast', 'slow', 'moved', 'missing', 'flaky', 'large', 'hang', 'refused'] as const;
export type PageKind = (typeof pageKinds)[number];

export interface DemoPage {
  kind: PageKind;
  /** Number among the pages of one kind, from 1. */
  number: number;
  url: string;
}

/** How often a flaky page answers 500 before it works. */
export const FLAKY_FAILURES = 2;

const LARGE_BYTES = 2 * 2 ** 20;

/** The body that a page is served with, the same on every call. */
export function bodyOf(kind: PageKind, number: number): Buffer {
  if (kind === 'large') return Buffer.alloc(LARGE_BYTES, `large page ${number}\n`);
  const title = `${kind} page ${number}`;
  return Buffer.from(`<!doctype html><title>${title}</title><h1>${title}</h1>\n`);
}

/** How many pages of each kind the demo fetches: 416 in all. */
export const pageCounts = {
  fast: 340,
  slow: 40,
  moved: 12,
  missing: 8,
  flaky: 6,
  large: 4,
  hang: 3,
  refused: 3,
} as const satisfies Record<PageKind, number>;

export interface Origins {
  /** Where the site listens, such as `http://127.0.0.1:40123`. */
  site: string;
  /** Where nobody listens. */
  refusing: string;
}

/** The pages that the demo fetches, every kind spread evenly over the list; the same order every time. */
export function listPages(origins: Origins): DemoPage[] {
  return pageKinds
    .flatMap((kind) => Array.from({ length: pageCounts[kind] }, (_, index) => placed(kind, index, origins)))
    .toSorted((a, b) => a.place - b.place)
    .map(({ page }) => page);
}

/** A page, and its place in the list as a share of the whole. */
function placed(kind: PageKind, index: number, origins: Origins): { page: DemoPage; place: number } {
  const origin = kind === 'refused' ? origins.refusing : origins.site;
  const page = { kind, number: index + 1, url: `${origin}/${kind}/${index + 1}` };
  return { page, place: index / pageCounts[kind] };
}
