/** What a handler in a thread returned: it was checked and written as JSON there, and is not checked again. */
export class ThreadResult {
  readonly #content: { readonly json: string } | { readonly refusal: unknown };

  constructor(content: { readonly json: string } | { readonly refusal: unknown }) {
    this.#content = content;
  }

  /** @throws ResultInvalidError, TooLargeError when the contract refused it */
  read(): string {
    if ('refusal' in this.#content) throw this.#content.refusal;
    return this.#content.json;
  }
}
