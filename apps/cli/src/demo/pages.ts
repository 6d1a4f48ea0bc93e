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
export const flakyFailures = 2;

const LARGE_BYTES = 2 * 2 ** 20;

/** The body that a page is served with, the same on every call. */
export function bodyOf(kind: PageKind, number: number): Buffer {
  if (kind === 'large') return Buffer.alloc(LARGE_BYTES, `large page ${number}\n`);
  const title = `${kind} page ${number}`;
  return Buffer.from(`<!doctype html><title>${title}</title><h1>${title}</h1>\n`);
}
