import { createHash } from 'node:crypto';
import type { FetchErrorCode } from '@sluice/shared';
import { runDefaults } from '../run/run-options.ts';
import { bodyOf, FLAKY_FAILURES, type DemoPage, type PageKind } from './pages.ts';

/** How the fetch of a page has to end. */
export interface Expectation {
  ok: boolean;
  status: number | null;
  error: FetchErrorCode | null;
  attempts: number;
  /** Where redirects end; null when it does not matter. */
  finalUrl: string | null;
  /** Of the body; null when it does not matter. */
  sha256: string | null;
}

type Ending = Pick<Expectation, 'ok' | 'status' | 'error' | 'attempts'>;

const fetched: Ending = { ok: true, status: 200, error: null, attempts: 1 };

const endings = {
  fast: fetched,
  slow: fetched,
  moved: fetched,
  large: fetched,
  flaky: { ...fetched, attempts: FLAKY_FAILURES + 1 },
  missing: { ok: false, status: 404, error: 'HTTP', attempts: 1 },
  hang: { ok: false, status: null, error: 'TIMEOUT', attempts: runDefaults.attempts },
  refused: { ok: false, status: null, error: 'REFUSED', attempts: runDefaults.attempts },
} as const satisfies Record<PageKind, Ending>;

/** What the site means with a page. */
export function expectationOf(page: DemoPage): Expectation {
  const ending = endings[page.kind];
  if (!ending.ok) return { ...ending, finalUrl: null, sha256: null };
  return { ...ending, ...arrival(page) };
}

function arrival({ kind, number, url }: DemoPage): { finalUrl: string; sha256: string } {
  const at = kind === 'moved' ? 'fast' : kind;
  const sha256 = createHash('sha256').update(bodyOf(at, number)).digest('hex');
  return { finalUrl: new URL(`/${at}/${number}`, url).href, sha256 };
}
