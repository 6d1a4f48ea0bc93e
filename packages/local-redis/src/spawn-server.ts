import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { guardNewServer } from './guardian.ts';
import type { LaunchedServer, LaunchOptions } from './local-redis.ts';
import { chooseAddress } from './server-address.ts';
import { renderConfig, serverSettings } from './server-config.ts';
import type { ServerProgram } from './server-program.ts';

/**
 * redis-server takes the path of its settings for a pattern: `[`, `*` or `?` in it find no file, and the server would start
 * without any, on the port that all the world knows. From its standard input it reads what it is given.
 */
const READ_SETTINGS = 'exec "$1" - <"$2"';

/** Starts the program under a guardian, on a socket or a free port. */
export async function spawnServer(program: ServerProgram, options: LaunchOptions): Promise<LaunchedServer> {
  const { url, folder, config } = await chooseAddress(options.listen ?? 'unix', options.url);
  const file = join(folder, 'redis.conf');
  const settings = serverSettings(options.dir ?? folder, options.dir !== undefined, config, options.config ?? {});
  await writeFile(file, renderConfig(settings), { mode: 0o600 });
  const guardian = await guardNewServer({
    command: ['/bin/sh', '-c', READ_SETTINGS, 'sluice-redis', program.path, file],
    env: { ...options.env, ...program.env },
    folder,
    last: '',
  });
  return { guardian, url, pid: (await guardian.pids).server, source: program.source, folder, last: '' };
}
