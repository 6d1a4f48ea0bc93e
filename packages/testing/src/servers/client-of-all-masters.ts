import { EventEmitter } from 'node:events';
import type { Cluster, Redis } from 'ioredis';

/** Commands that a test sends to a whole server. In a cluster, one random node would answer for itself. */
const everywhere: Record<string, (answers: unknown[]) => unknown> = {
  client: (answers) => answers.join('\n'),
  info: (answers) => answers.join('\r\n'),
  keys: (answers) => answers.flat(),
  dbsize: (answers) => answers.reduce<number>((sum, size) => sum + Number(size), 0),
  flushall: ([first]) => first,
  script: ([first]) => first,
  config: ([first]) => first,
};

/**
 * A cluster client for tests that expect the client of one server: commands about the server go to every master, and the
 * replies are merged.
 */
export function clientOfAllMasters(cluster: Cluster): Redis {
  const client = new Proxy(cluster, {
    get(target, name) {
      if (name === 'monitor') return () => monitorAll(target);
      const join = typeof name === 'string' ? everywhere[name] : undefined;
      if (join) return async (...args: string[]) => join(await askAll(target, String(name), args));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return client as Cluster | Redis as Redis;
}

function askAll(cluster: Cluster, command: string, args: readonly string[]): Promise<unknown[]> {
  return Promise.all(cluster.nodes('master').map((node) => node.call(command, ...args)));
}

/** MONITOR of every master, as much of it as tests use: its lines, and `disconnect`. */
async function monitorAll(cluster: Cluster): Promise<EventEmitter & { disconnect(): void }> {
  const monitors = await Promise.all(cluster.nodes('master').map((node) => node.monitor()));
  const all = new EventEmitter();
  for (const monitor of monitors) monitor.on('monitor', (...line: unknown[]) => void all.emit('monitor', ...line));
  return Object.assign(all, { disconnect: () => monitors.forEach((monitor) => monitor.disconnect()) });
}
