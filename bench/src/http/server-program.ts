import { serveParent } from '../bench-process.ts';
import { httpContenders, toHttpContenderName } from './contenders/known-contenders.ts';
import { logSettings } from './http-plan.ts';

/** What the process of a server is asked: on which port it listens, to collect its garbage, and its CPU time in microseconds. */
export type ServerRequest = { readonly type: 'port' | 'collect' | 'cpu' };

// The process of one server: nothing else runs in it, so its CPU time is that server's.
const [name = '', log = '', socketPath = ''] = process.argv.slice(2);
const open = await httpContenders[toHttpContenderName(name)].load();
const { port } = await open(socketPath, logSettings.find((known) => known === log) ?? 'no log');
serveParent(async ({ type }: ServerRequest): Promise<number> => {
  if (type === 'port') return port;
  if (type === 'collect') globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  return user + system;
});
