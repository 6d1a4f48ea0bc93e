import { pageDigestLimits } from '@sluice/shared';
import type { HtmlListener } from './read-html.ts';
import { type Links, LinkList } from './link-list.ts';

/** What a reader does not see. */
const hidden: ReadonlySet<string> = new Set(
  'script style noscript template title textarea select iframe svg math'.split(' '),
);

/** What may stand inside a word. Every other tag ends one. */
const inline: ReadonlySet<string> = new Set(
  `a abbr b bdi bdo cite code data del dfn em font i ins kbd mark q s samp small span strong sub sup time tt u var
  wbr`.split(/\s+/),
);

/** Gathers what a digest is made of while a page is read. */
export class PageReader implements HtmlListener {
  static readonly attributes: ReadonlySet<string> = new Set(['content', 'href', 'lang', 'name', 'property']);
  readonly #links: LinkList;
  readonly #text: string[] = [];
  readonly #descriptions = new Map<string, string>();
  #title: string | null = null;
  #lang: string | null = null;
  /** The outermost element that is open and hides what is in it, and how many of its name are open. */
  #hiding: { readonly name: string; depth: number } | null = null;
  #inTitle = false;

  constructor(url: string | undefined, maxLinks: number) {
    this.#links = new LinkList(url, maxLinks);
  }

  onOpen(name: string, attributes: ReadonlyMap<string, string>): void {
    if (!inline.has(name)) this.#text.push('\n');
    const href = attributes.get('href');
    if (href !== undefined && (name === 'a' || name === 'area')) this.#links.add(href);
    if (href !== undefined && name === 'base') this.#links.rebase(href);
    if (name === 'html') this.#lang ??= attributes.get('lang') ?? null;
    if (name === 'meta') this.#describe(attributes);
    if (name === 'title' && !this.#hiding && this.#title === null) this.#startTitle();
    this.#hide(name);
  }

  onClose(name: string): void {
    if (!inline.has(name)) this.#text.push('\n');
    if (name === 'title') this.#inTitle = false;
    if (this.#hiding?.name !== name) return;
    this.#hiding.depth -= 1;
    if (this.#hiding.depth === 0) this.#hiding = null;
  }

  onText(text: string): void {
    if (this.#inTitle) this.#title += text;
    else if (!this.#hiding) this.#text.push(text);
  }

  get title(): string | null {
    return tidy(this.#title, pageDigestLimits.titleMax);
  }

  get description(): string | null {
    const description = this.#descriptions.get('description') ?? this.#descriptions.get('og:description') ?? null;
    return tidy(description, pageDigestLimits.descriptionMax);
  }

  get language(): string | null {
    try {
      return Intl.getCanonicalLocales(this.#lang?.trim())[0] ?? null;
    } catch {
      return null;
    }
  }

  /** What a reader sees, with a line end wherever a word cannot go on. */
  get text(): string {
    return this.#text.join('');
  }

  readLinks(): Links {
    return this.#links.read();
  }

  #startTitle(): void {
    this.#title = '';
    this.#inTitle = true;
  }

  #describe(attributes: ReadonlyMap<string, string>): void {
    const name = (attributes.get('name') ?? attributes.get('property') ?? '').trim().toLowerCase();
    const content = attributes.get('content')?.trim();
    if (content && !this.#descriptions.has(name)) this.#descriptions.set(name, content);
  }

  #hide(name: string): void {
    if (this.#hiding === null) {
      if (hidden.has(name)) this.#hiding = { name, depth: 1 };
    } else if (this.#hiding.name === name) this.#hiding.depth += 1;
  }
}

/** White space as a reader sees it, and no longer than that. No character is cut in two. */
function tidy(text: string | null, maxChars: number): string | null {
  const line = (text ?? '').replace(/\s+/g, ' ').trim().toWellFormed();
  if (line === '') return null;
  return line.length <= maxChars ? line : line.slice(0, maxChars).replace(/[\uD800-\uDBFF]$/, '');
}
