import { pageKinds, type DemoPage, type PageKind } from './pages.ts';

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
