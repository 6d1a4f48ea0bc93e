import { homedir } from 'node:os';
import { join } from 'node:path';

/** What this package takes from the environment, read in this one place. */
export interface Environment {
  /** The whole environment, to hand on to the programs that are started. */
  readonly env: NodeJS.ProcessEnv;
  /** The folders in which programs are looked for. */
  readonly path: readonly string[];
  /** Where fetched programs are kept between runs. */
  readonly cacheDir: string;
  /** The image to run when only a container engine is left: `REDIS_IMAGE`, or `redis:8-alpine`. */
  readonly redisImage: string;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return {
    env,
    path: (env['PATH'] ?? '').split(':').filter((folder) => folder !== ''),
    cacheDir: join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice'),
    redisImage: env['REDIS_IMAGE'] || 'redis:8-alpine',
  };
}
