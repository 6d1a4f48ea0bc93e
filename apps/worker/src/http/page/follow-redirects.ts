import { askHost, type AskHostDeps } from '../hosts/ask-host.ts';
import { FetchError } from '../errors/fetch-error.ts';
import { type FetchTarget, redirectTarget } from './fetch-target.ts';
import type { HttpAnswer, HttpRequest } from '../http-pool.ts';
import { ACCEPT_ENCODING } from '../decoding/content-decoding.ts';
import type { PageRecord } from './page-record.ts';
import { contentTypeOf, headerOf, valuesOf } from '../response/response-headers.ts';
import { skipBody } from '../body/read-body.ts';
import { CookieJar } from 'tough-cookie';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface FollowOptions extends AskHostDeps {
  maxRedirects: number;
  signal: AbortSignal;
}

/**
 * Asks for a page, and for where it has moved to, until an answer is no redirect. Cookies that are set on the way go back to
 * the origin that set them, for as long as the chain lasts.
 *
 * @throws FetchError `REDIRECTS` over the limit or in a circle, `HTTP` for a redirect that leads nowhere
 */
export async function followRedirects(
  page: PageRecord,
  start: FetchTarget,
  options: FollowOptions,
): Promise<HttpAnswer> {
  const { maxRedirects, signal } = options;
  const cookies = new ChainCookies();
  const seen = new Set<string>();
  for (let target = start; ;) {
    const cookie = cookies.headerFor(target.url);
    seen.add(requestKey(target.url, cookie));
    const answer = await askHost(pageRequest({ ...target, cookie }), signal, options);
    page.status = answer.statusCode;
    page.finalUrl = target.url.href;
    page.contentType = contentTypeOf(answer);
    if (!REDIRECTS.has(answer.statusCode)) return answer;
    await skipBody(answer, signal);
    const location = headerOf(answer, 'location');
    if (location === null) throw new FetchError('HTTP', `Status ${answer.statusCode} without a Location`);
    cookies.take(target.url, answer);
    target = redirectTarget(target, location);
    if (seen.has(requestKey(target.url, cookies.headerFor(target.url))))
      throw new FetchError('REDIRECTS', 'redirects in a circle');
    if (seen.size > maxRedirects) throw new FetchError('REDIRECTS', `more than ${maxRedirects} redirects`);
  }
}

function pageRequest({ url, authorization, cookie = null }: FetchTarget): HttpRequest {
  const headers = {
    accept: '*/*',
    'accept-encoding': ACCEPT_ENCODING,
    ...(authorization === null ? {} : { authorization }),
    ...(cookie === null ? {} : { cookie }),
  };
  return { url, method: 'GET', headers };
}

/** Two requests with the same key get the same answer: a page may redirect to itself to see whether its cookie comes back. */
function requestKey({ href, hash }: URL, cookie: string | null): string {
  return `${href.slice(0, href.length - hash.length)}\n${cookie ?? ''}`;
}

/** More than these from one answer are not kept: they would only make requests that no server takes. */
const COOKIES_MAX = 50;

/**
 * The cookies of one chain of redirects: each origin gets back what it has set itself, and all are forgotten with the chain.
 * Some pages set a cookie, redirect to themselves, and go on only when it comes back.
 */
class ChainCookies {
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
