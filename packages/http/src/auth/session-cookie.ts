import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpRefusal } from '../problems/request-errors.ts';

const NAME = 'sluice_key';
/** How long a page stays signed in. */
const MAX_AGE_SECONDS = 12 * 3_600;

/** The API key in the cookie of a page that has signed in. */
export function cookieKeyOf({ headers }: FastifyRequest): string | undefined {
  return headers.cookie === undefined ? undefined : parseCookie(headers.cookie)[NAME];
}

/** Has the browser show this key with every request of our own pages; with an empty one, none any more. No script can read it. */
export function setKeyCookie(app: FastifyInstance, reply: FastifyReply, key: string): void {
  const { protocol, headers } = reply.request;
  // Behind a proxy, too: a header that is made up makes the cookie only stricter.
  const secure = protocol === 'https' || headers['x-forwarded-proto'] === 'https';
  const cookie = {
    name: NAME,
    value: key,
    httpOnly: true,
    sameSite: 'strict',
    secure,
    path: app.prefix || '/',
  } as const;
  reply.header('set-cookie', stringifySetCookie({ ...cookie, maxAge: key === '' ? 0 : MAX_AGE_SECONDS }));
}

/** A browser sends a cookie also for what a page of another site has asked it for. It says which page that was. */
export function refuseOtherOrigins({ headers, method }: FastifyRequest): void {
  if (method === 'GET' || method === 'HEAD') return;
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin' || (site === undefined && isOwnOrigin(headers.origin, headers.host))) return;
  throw new HttpRefusal(403, 'a page of another origin must not use this session');
}

function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
