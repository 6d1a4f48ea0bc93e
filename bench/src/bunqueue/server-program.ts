import { pathToFileURL } from 'node:url';
import { serveParent } from '../bench-process.ts';

// bunqueue's server as its command `bunqueue start` boots it, with the settings of a config file. Ends with the bench, and tells what CPU
// time it has used.
const [folder = '', settings = ''] = process.argv.slice(2);
const file: unknown = JSON.parse(settings);
const from = (path: string): Promise<unknown> => import(pathToFileURL(`${folder}/dist/${path}`).href);
const { bootServer } = (await from('infrastructure/server/bootstrap.js')) as {
  bootServer: (file: unknown, config: unknown) => Promise<unknown>;
};
const { resolveServerConfig } = (await from('config/index.js')) as { resolveServerConfig: (file: unknown) => unknown };
await bootServer(file, resolveServerConfig(file));
serveParent(async (_request: object): Promise<number> => {
  const { user, system } = process.cpuUsage();
  return user + system;
});
