/** Nothing is thrown away to make room and nothing is written unless asked for: jobs are not a cache. */
const always = { 'maxmemory-policy': 'noeviction', save: '', loglevel: 'warning', daemonize: 'no' };

const keepData = { appendonly: 'yes', appendfsync: 'everysec' };

/** The settings of a server: what always holds, what keeping data needs, and the caller's own, which win. */
export function serverSettings(
  dir: string,
  keep: boolean,
  ...more: Readonly<Record<string, string>>[]
): Record<string, string> {
  return Object.assign({ ...always, ...(keep ? keepData : {}), dir }, ...more);
}

/** The text of a redis.conf. A value stands as redis.conf has it (it may be several words); an empty one is quoted. */
export function renderConfig(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} ${name === 'dir' || value === '' ? JSON.stringify(value) : value}`,
  );
  return `${lines.join('\n')}\n`;
}

/** The same as arguments of redis-server, for one that cannot see our files. */
export function renderArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, ...value.split(' ')]);
}
