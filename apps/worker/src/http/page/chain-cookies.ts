import { CookieJar } from 'tough-cookie';
import type { HttpAnswer } from '../http-pool.ts';
import { valuesOf } from '../response/response-headers.ts';

/** More than these from one answer are not kept: they would only make requests that no server takes. */
const COOKIES_MAX = 50;

/**
 * The cookies of one chain of redirects: each origin gets back what it has set itself, and all are forgotten with the chain.
 * Some pages set a cookie, redirect to themselves, and go on only when it comes back.
 */
export class ChainCookies {
  readonly #jars = new Map<string, CookieJar>();

  take({ origin, href }: URL, answer: HttpAnswer): void {
    for (const line of valuesOf(answer, 'set-cookie').slice(0, COOKIES_MAX)) {
      const jar = this.#jars.get(origin) ?? new CookieJar(undefined, { looseMode: true, rejectPublicSuffixes: false });
      this.#jars.set(origin, jar);
      jar.setCookieSync(line, href, { ignoreError: true });
    }
  }

  /** The Cookie header for a request; null when there is nothing to send. */
  headerFor({ origin, href }: URL): string | null {
    return this.#jars.get(origin)?.getCookieStringSync(href) || null;
  }
}
