import { FetchError } from '../errors/fetch-error.ts';

/** Where one request goes. The URL carries no credentials: they travel in `authorization`, for this origin alone. */
export interface FetchTarget {
  url: URL;
  /** The value of the Authorization header. */
  authorization: string | null;
  /** The value of the Cookie header; none when it is absent. */
  cookie?: string | null;
}

/** The longest URL that is asked for, in characters; payloads are held to it by the contract, redirects by this. */
const URL_MAX_CHARS = 8_192;

/** A parser of URLs leaves these out, and so asks for another URL than was written. */
const LEFT_OUT = /[\t\r\n]/;

/** @throws FetchError `BAD_URL` when the text is no absolute http or https URL. */
export function parseTarget(text: string): FetchTarget {
  if (LEFT_OUT.test(text.trim()))
    throw new FetchError('BAD_URL', 'not one URL: it has a tab or the end of a line in it');
  const url = parseHttpUrl(text);
  if (!url) throw new FetchError('BAD_URL', 'not an http or https URL');
  const authorization = basicAuthorization(url);
  return { url: bare(url), authorization };
}

/**
 * Where a redirect leads. Credentials stay with the origin that they were given for, and credentials in a Location
 * are not used: what a server says never makes us send any.
 *
 * @throws FetchError `HTTP` when the Location cannot be followed.
 */
export function redirectTarget(from: FetchTarget, location: string): FetchTarget {
  const url = parseHttpUrl(withAsciiOnly(location), from.url);
  if (!url) throw new FetchError('HTTP', 'redirects to something that is no http or https URL');
  if (url.href.length > URL_MAX_CHARS) throw new FetchError('HTTP', 'redirects to a URL that is too long');
  const next = bare(url);
  return { url: next, authorization: next.origin === from.url.origin ? from.authorization : null };
}

/** The URL as it was written, unless that would show credentials. */
export function withoutCredentials(text: string): string {
  const url = parseHttpUrl(text);
  if (url) return url.username || url.password ? bare(url).href : text;
  // Not a URL that we understand: all that stands before an @ might be a secret.
  return text.replace(/^([a-z][a-z0-9+.-]*:[\\/]+)?.*@/is, '$1');
}

/** Host and port, the key that identifies a server. */
export function hostKey(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
}

function parseHttpUrl(text: string, base?: URL): URL | null {
  const url = URL.parse(text, base?.href);
  return url && (url.protocol === 'http:' || url.protocol === 'https:') ? url : null;
}

function bare(url: URL): URL {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy;
}

function basicAuthorization({ username, password }: URL): string | null {
  if (!username && !password) return null;
  return `Basic ${Buffer.from(`${percentDecoded(username)}:${percentDecoded(password)}`).toString('base64')}`;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A stray % stands for itself.
  }
}

/**
 * Header bytes arrive as Latin-1. Those above ASCII are meant as they are, whatever charset the server thinks in, so each is
 * escaped; of UTF-8 that is the same URL as the Fetch standard's.
 */
function withAsciiOnly(location: string): string {
  return location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}
