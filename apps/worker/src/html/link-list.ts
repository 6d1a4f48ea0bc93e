import { pageDigestLimits } from '@sluice/shared';

export interface Links {
  readonly links: string[];
  readonly linkCount: number;
}

/** The links of a page: resolved, each once, as many as are wanted, and all of them counted. */
export class LinkList {
  readonly #links: string[] = [];
  readonly #seen = new Set<string>();
  readonly #max: number;
  #base: URL | null;
  #hasBase = false;
  #chars = 0;

  constructor(pageUrl: string | undefined, max: number) {
    this.#base = pageUrl === undefined ? null : new URL(pageUrl);
    this.#max = max;
  }

  /** The first `<base href>` counts, as in a browser. */
  rebase(href: string): void {
    if (this.#hasBase) return;
    this.#hasBase = true;
    const base = resolve(href, this.#base);
    // Links resolved against a long base are as long, and are left out all the same.
    if (base && base.href.length <= pageDigestLimits.linkMax) this.#base = base;
  }

  add(href: string): void {
    // A link within the page leads nowhere else.
    if (href.trimStart().startsWith('#')) return;
    const url = resolve(href, this.#base);
    if (!url) return;
    const link = bare(url);
    if (this.#seen.has(link) || link.length > pageDigestLimits.linkMax) return;
    this.#seen.add(link);
    this.#list(link);
  }

  read(): Links {
    return { links: this.#links, linkCount: this.#seen.size };
  }

  #list(link: string): void {
    const fits = this.#chars + link.length <= pageDigestLimits.linksMaxChars;
    if (!fits || this.#links.length >= this.#max) return;
    this.#chars += link.length;
    this.#links.push(link);
  }
}

/** Without what is no part of the place. Each of these writes costs as much as parsing, and most links need none. */
function bare(url: URL): string {
  if (url.hash) url.hash = '';
  if (url.username) url.username = '';
  if (url.password) url.password = '';
  return url.href.endsWith('#') ? url.href.slice(0, -1) : url.href;
}

/** Only what can be fetched: no `javascript:`, no `mailto:`, and nothing relative to nothing. */
function resolve(href: string, base: URL | null): URL | null {
  const url = URL.parse(href, base?.href);
  return url && (url.protocol === 'http:' || url.protocol === 'https:') ? url : null;
}
