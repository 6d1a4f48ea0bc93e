import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';

/** What is reported of a page, in order. Names are in lower case; entities are decoded. */
export interface HtmlListener {
  onOpen(name: string, attributes: ReadonlyMap<string, string>): void;
  onClose(name: string): void;
  onText(text: string): void;
}

/** Between two looks at the signal. */
const CHUNK_CHARS = 16_384;

/**
 * Reads a page, however broken. It builds no tree: tags are reported as they stand, also those that close nothing. So its time
 * grows with the length of the page and with nothing else; a parser that keeps the open elements needs seconds for a page
 * of 256 KiB of opening tags.
 *
 * @param wanted names of the attributes that are reported
 * @throws the signal's reason when it aborts
 */
export function readHtml(html: string, wanted: ReadonlySet<string>, listener: HtmlListener, signal: AbortSignal): void {
  const tokenizer = new Tokenizer({}, new TagReader(html, wanted, listener));
  for (let at = 0; at < html.length; at += CHUNK_CHARS) {
    signal.throwIfAborted();
    tokenizer.write(html.slice(at, at + CHUNK_CHARS));
  }
  tokenizer.end();
}

/** Puts the tokenizer's places and pieces together. Places count from the beginning of the page. */
class TagReader implements TokenizerCallbacks {
  readonly #html: string;
  readonly #wanted: ReadonlySet<string>;
  readonly #listener: HtmlListener;
  #tag = '';
  #attributes = new Map<string, string>();
  /** The attribute that is being read; null for one that nobody wants, or that stood there before. */
  #attribute: string | null = null;
  #value = '';

  constructor(html: string, wanted: ReadonlySet<string>, listener: HtmlListener) {
    this.#html = html;
    this.#wanted = wanted;
    this.#listener = listener;
  }

  onopentagname(start: number, end: number): void {
    this.#tag = this.#html.slice(start, end).toLowerCase();
    this.#attributes = new Map();
  }

  onattribname(start: number, end: number): void {
    const name = this.#html.slice(start, end).toLowerCase();
    this.#attribute = this.#wanted.has(name) && !this.#attributes.has(name) ? name : null;
    this.#value = '';
  }

  onattribdata(start: number, end: number): void {
    if (this.#attribute !== null) this.#value += this.#html.slice(start, end);
  }

  onattribentity(codepoint: number): void {
    if (this.#attribute !== null) this.#value += String.fromCodePoint(codepoint);
  }

  onattribend(): void {
    if (this.#attribute !== null) this.#attributes.set(this.#attribute, this.#value);
    this.#attribute = null;
  }

  onopentagend(): void {
    this.#listener.onOpen(this.#tag, this.#attributes);
  }

  onselfclosingtag(): void {
    this.#listener.onOpen(this.#tag, this.#attributes);
    this.#listener.onClose(this.#tag);
  }

  onclosetag(start: number, end: number): void {
    this.#listener.onClose(this.#html.slice(start, end).toLowerCase());
  }

  ontext(start: number, end: number): void {
    this.#listener.onText(this.#html.slice(start, end));
  }

  ontextentity(codepoint: number): void {
    this.#listener.onText(String.fromCodePoint(codepoint));
  }

  // Nothing of a page's own words is in these.
  oncdata(): void {}
  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}
  onend(): void {}
}
