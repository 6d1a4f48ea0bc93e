import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { isUsable, type ServerProgram } from './server-program.ts';

/**
 * The first redis-server, else valkey-server, of these folders that runs and is new enough.
 *
 * @throws Error when there is none
 */
export async function findOnPath(folders: readonly string[]): Promise<ServerProgram> {
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of folders) {
      const program: ServerProgram = { path: join(folder, name), source: 'path', env: {} };
      if ((await isExecutable(program.path)) && (await isUsable(program))) return program;
    }
  }
  throw new Error('no redis-server or valkey-server, 7.0 or later');
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
