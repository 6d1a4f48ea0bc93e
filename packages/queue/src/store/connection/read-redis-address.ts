/** One server of an address: by host and port, or by the path of its socket. */
export interface RedisServer {
  /** Absent for a socket. */
  readonly host?: string;
  /** Absent for a socket. */
  readonly port?: number;
  /** The path of a unix socket. */
  readonly path?: string;
  /** Decoded; absent where the address has none. */
  readonly username?: string;
  /** Decoded; absent where the address has none. */
  readonly password?: string;
  /** True for `rediss://`. */
  readonly tls: boolean;
  /** Absent where the address names no database. */
  readonly db?: number;
  /** 4 or 6: look the host up as an address of this kind only. */
  readonly family?: number;
}

/** The servers that an address names, or what is wrong with it: the end of a sentence, without any part of the address. */
export type ReadAddress =
  | { readonly servers: readonly [RedisServer, ...RedisServer[]]; readonly problem?: never }
  | { readonly servers?: never; readonly problem: string };

/** The form of an address, for messages. */
export const redisAddressForm =
  'a URL that starts with redis:// or rediss:// or unix://; several with commas between them';

const ENCODE =
  'in a user name or password , / # ? % @ : and spaces must be percent-encoded, as encodeURIComponent does: / is %2F, % is %25';
const MALFORMED = `cannot be read. It must be ${redisAddressForm}, and ${ENCODE}`;
const NO_DATABASE = 'must have a whole number from 0 as its database, as in redis://host:6379/3 or unix:///path?db=3';
const NO_QUERY = `may end in ?db= or ?family= and in nothing else; and ${ENCODE}`;
const NODES_ONLY =
  'may name several servers only of a Redis Cluster: each redis:// or rediss://, and no database but 0';

/** Names as DNS has them, and addresses; what else a URL takes for a host is half of a password, or several hosts. */
const HOST = /^(?:[\w.-]+|\[[0-9a-f:.]+\])$/i;

const START = /^(redis|rediss|unix):\/\//i;
/** A comma is one between addresses only where another address follows, so that it may stand in a password. */
const BETWEEN = /\s*,\s*(?=[a-z]+:\/\/)/i;

/**
 * Reads where Redis is: `redis://user:password@host:6379/0`, `rediss://…`, `unix:///path/to.sock?db=0`, or the nodes of a
 * cluster with commas between them. The one reader of such addresses; it guesses nothing: whatever might be a password
 * in the wrong place is a problem.
 */
export function readRedisAddress(text: string): ReadAddress {
  const servers: RedisServer[] = [];
  for (const one of text.trim().split(BETWEEN)) {
    const read = readServer(one);
    if (typeof read === 'string') return { problem: read };
    servers.push(read);
  }
  const [first, ...rest] = servers;
  if (!first) return { problem: `must be ${redisAddressForm}` };
  if (rest.length > 0 && servers.some(({ path, db }) => path !== undefined || (db ?? 0) !== 0)) {
    return { problem: NODES_ONLY };
  }
  return { servers: [first, ...rest] };
}

/** Host, port and database, or path and database: what may be shown and stored. */
export function shownRedisServer({ host, port, path, db }: RedisServer): string {
  if (path !== undefined) return db === undefined ? path : `${path}?db=${db}`;
  const shown = host?.includes(':') ? `[${host}]` : host;
  return `${shown}:${port}${db === undefined ? '' : `/${db}`}`;
}

function readServer(text: string): RedisServer | string {
  const scheme = START.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return `must be ${redisAddressForm}`;
  // A parser of URLs would leave some of these out without a word.
  if (/\p{Cc}/u.test(text)) return MALFORMED;
  try {
    return scheme === 'unix' ? readSocket(text) : readHost(text, scheme === 'rediss');
  } catch {
    return MALFORMED; // a percent sign that encodes nothing
  }
}

function readHost(text: string, tls: boolean): RedisServer | string {
  const url = URL.parse(text);
  // Where a password holds what ends one in a URL, the rest of it, and the @ behind it, stand in the path.
  if (!url || !HOST.test(url.hostname) || url.hash !== '' || `${url.pathname}${url.search}`.includes('@'))
    return MALFORMED;
  const options = readQuery(url.searchParams, url.pathname.slice(1));
  if (typeof options === 'string') return options;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6_379 : Number(url.port),
    tls,
    ...readUser(url.username, url.password),
    ...options,
  };
}

function readSocket(text: string): RedisServer | string {
  const [, user = '', password = '', path, query = ''] =
    /^unix:\/\/(?:([^/:]*)(?::([^/]*))?@)?(\/[^?]*)(?:\?(.*))?$/is.exec(text) ?? [];
  if (path === undefined || path === '/') return MALFORMED;
  const options = readQuery(new URLSearchParams(query), '');
  if (typeof options === 'string') return options;
  return { path: decodeURIComponent(path), tls: false, ...readUser(user, password), ...options };
}

function readUser(username: string, password: string): Pick<RedisServer, 'username' | 'password'> {
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
  };
}

function readQuery(query: URLSearchParams, database: string): Pick<RedisServer, 'db' | 'family'> | string {
  if ([...query.keys()].some((name) => name !== 'db' && name !== 'family')) return NO_QUERY;
  const named = [database, ...query.getAll('db')].filter((db) => db !== '');
  if (named.some((db) => !/^\d{1,9}$/.test(db)) || named.length > 1) return NO_DATABASE;
  const family = query.get('family');
  if (family !== null && !/^[046]$/.test(family)) return NO_QUERY;
  return {
    ...(named[0] === undefined ? {} : { db: Number(named[0]) }),
    ...(family === null ? {} : { family: Number(family) }),
  };
}
