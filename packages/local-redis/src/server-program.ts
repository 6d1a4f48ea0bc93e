import { runCommand } from './run-command.ts';
import { LocalRedisStartError } from './local-redis-errors.ts';
import { findShortage } from './shortage.ts';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** A redis-server or valkey-server that can be started on this machine. */
export interface ServerProgram {
  readonly path: string;
  readonly source: 'path' | 'debian';
  /** What it needs in its environment: where its libraries are, when the system may not have them. */
  readonly env: Readonly<Record<string, string>>;
}

/** The oldest server that can run the queue's scripts. */
const OLDEST_MAJOR = 7;

/**
 * True when the program runs and is new enough.
 *
 * @throws what the system says when it is short of what any program needs to start
 */
export async function isUsable({ path, env }: ServerProgram): Promise<boolean> {
  const printed = await runCommand(path, ['--version'], { env, timeoutMs: 5_000 }).catch((error: unknown) => {
    const shortage = findShortage(error);
    if (shortage !== null) throw shortage;
    return '';
  });
  const [, major = '0'] = /\bv=(\d+)\.\d+/.exec(printed) ?? [];
  return Number(major) >= OLDEST_MAJOR;
}

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

/**
 * The server program that a caller named.
 *
 * @throws LocalRedisStartError when it is not there, does not run, or is too old
 */
export async function requireProgram(path: string): Promise<ServerProgram> {
  const program: ServerProgram = { path, source: 'path', env: {} };
  if (!(await isExecutable(path))) throw new LocalRedisStartError(`${path} is no program that can be run`, '');
  if (await isUsable(program)) return program;
  throw new LocalRedisStartError(`${path} is no redis-server or valkey-server, 7.0 or later`, '');
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
