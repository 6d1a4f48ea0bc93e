/**
 * A URL without its credentials: `redis://:secret@host:6379/0` becomes `redis://host:6379/0`. All else stays as it was
 * written. Works on URLs that no parser takes, too; what is no URL comes back unchanged.
 *
 * An address of Redis is cut up to its last `@`, because passwords hold unescaped `/`, `?` and `#` in real life.
 */
export function hideCredentials(url: string): string {
  const [prefix, scheme = ''] = URL_START.exec(url) ?? [];
  if (prefix === undefined) return withoutParsedCredentials(url);
  const rest = url.slice(prefix.length);
  const ofRedis = /^rediss?$/i.test(scheme) || (/^unix$/i.test(scheme) && !rest.startsWith('/'));
  const userinfo = (ofRedis ? USERINFO_OF_REDIS : USERINFO).exec(rest)?.[0] ?? '';
  return withoutParsedCredentials(prefix + rest.slice(userinfo.length));
}

/** Parsers skip spaces and control characters first; after some schemes they take any number of slashes, of either kind. */
const URL_START = /^[^!-~]*([a-z][a-z0-9+.-]*):(?:(?<=(?:https?|wss?|ftp):)[\\/]*|\/\/)/i;
const USERINFO = /^[^/\\?#]*@/;
const USERINFO_OF_REDIS = /^[^]*@/;

/** What the pattern missed, a parser may still see: it skips tabs and line ends wherever they stand. */
function withoutParsedCredentials(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed?.username && !parsed?.password) return url;
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}
