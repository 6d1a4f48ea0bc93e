import type { RedisSettings } from './local-redis.ts';

/** Nothing is evicted and nothing is written unless asked for: jobs are not a cache. */
const always = { 'maxmemory-policy': 'noeviction', save: '', loglevel: 'warning', daemonize: 'no' };

const keepData = { appendonly: 'yes', appendfsync: 'everysec' };

/** The settings of a server: what always holds, what keeping data needs, and the caller's own, which win. */
export function serverSettings(dir: string, keep: boolean, ...more: RedisSettings[]): RedisSettings {
  return Object.assign({ ...always, ...(keep ? keepData : {}), dir }, ...more);
}

/** The text of a redis.conf. */
export function renderConfig(settings: RedisSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${[name, ...argumentsOf(value).map(quoted)].join(' ')}\n`)
    .join('');
}

/** The same as arguments of redis-server, for one that cannot see our files. */
export function renderArguments(settings: RedisSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, ...argumentsOf(value)]);
}

function argumentsOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

/** One argument as redis.conf reads it, in double quotes where it must be: without them a blank or a quote ends it. */
function quoted(argument: string): string {
  if (/^[\w./:,@%+=-]+$/.test(argument)) return argument;
  return `"${argument.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, bytesOf)}"`;
}

function bytesOf(text: string): string {
  return [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
