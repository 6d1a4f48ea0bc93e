import { mkdir, realpath } from 'node:fs/promises';
import { fetchFromDebian } from './fetch-from-debian.ts';
import { findOnPath, requireProgram, type ServerProgram } from './server-program.ts';
import { FolderLease } from './folder-lease.ts';
import { GuardedRedis } from './guarded-redis.ts';
import type { LaunchedServer, LocalRedis, LocalRedisOptions } from './local-redis.ts';
import { findLeftServer } from './left-server.ts';
import { LocalRedisInUseError, LocalRedisStartError, LocalRedisUnavailableError } from './local-redis-errors.ts';
import { requireImage, runInDocker } from './run-in-docker.ts';
import { recordServer } from './server-record.ts';
import { findShortage } from './shortage.ts';
import { spawnServer } from './spawn-server.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { askRedis } from './ask-redis.ts';

/**
 * Starts a Redis server of our own: one that is on PATH (redis-server or valkey-server, 7.0 or later), else one from
 * Debian's packages, else a container. It is gone within seconds of this process's end, even by `kill -9`.
 *
 * @throws LocalRedisUnavailableError when there is no way to get a server; it names three
 * @throws LocalRedisStartError when there is one but it does not start, for instance on a setting that it does not know
 * @throws LocalRedisInUseError when a server runs on the same `dir` already
 * @throws what the system says when it is short of descriptors, processes, memory or disk space
 */
export async function startLocalRedis(options: LocalRedisOptions = {}): Promise<LocalRedis> {
  if (options.dir === undefined) return startServer(options, null);
  const lease = await takeFolder(options.dir);
  try {
    const left = await findLeftServer(lease.dir);
    if (left !== null) throw new LocalRedisInUseError(lease.dir, null);
    return await startServer({ ...options, dir: lease.dir }, lease);
  } catch (error) {
    await lease.end();
    throw error;
  }
}

async function startServer(options: LocalRedisOptions, lease: FolderLease | null): Promise<LocalRedis> {
  const launched = await launch(options, readEnvironment());
  const recorded = lease === null ? Promise.resolve() : recordServer(lease.dir, launched);
  const redis = new GuardedRedis(launched, lease, recorded);
  try {
    await recorded;
    await waitUntilReady(launched);
    launched.guardian.unref();
    return redis;
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

/** Makes the data folder if need be and takes its lease. */
async function takeFolder(folder: string): Promise<FolderLease> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const dir = await realpath(folder);
  const taken = await FolderLease.take(dir);
  if ('owner' in taken) throw new LocalRedisInUseError(dir, taken.owner.pid);
  return taken.lease;
}

/** The first way that works. A way that works but whose server then fails to start is not passed over. */
async function launch(
  options: LocalRedisOptions,
  { env, path, cacheDir, redisImage }: Environment,
): Promise<LaunchedServer> {
  if (options.program !== undefined) return spawnServer(await requireProgram(options.program), { ...options, env });
  const onProgress = options.onProgress ?? (() => undefined);
  const reasons: string[] = [];
  const attempt = async <T>(way: string, step: Promise<T>): Promise<T | null> =>
    step.catch((error: unknown) => {
      const shortage = findShortage(error);
      if (shortage !== null) throw shortage; // every other way would meet it as well
      reasons.push(`${way}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    });

  const program: ServerProgram | null =
    (await attempt('on PATH', findOnPath(path))) ??
    (await attempt('Debian packages', fetchFromDebian({ path, cacheDir, onProgress })));
  if (program !== null) return spawnServer(program, { ...options, env });
  const image = await attempt('Docker', requireImage(redisImage, onProgress));
  if (image !== null) return runInDocker(image, { ...options, env });
  throw new LocalRedisUnavailableError(reasons);
}

const SILENCE_MAX_MS = 15_000;
const ASK_EVERY_MS = 10;

/**
 * Resolves when the server takes commands. A server that is reading its data back says so, and is waited for; one that
 * says nothing for 15 s is not.
 *
 * @throws LocalRedisStartError when it ends or stays silent
 */
export async function waitUntilReady({ url, guardian }: LaunchedServer): Promise<void> {
  let heardAtMs = performance.now();
  for (;;) {
    let cause: unknown;
    const reply = await askRedis(url, 'PING').catch((error: unknown) => {
      cause = error;
      return '';
    });
    if (guardian.hasEnded())
      throw new LocalRedisStartError('the Redis server ended instead of starting', guardian.printed());
    if (reply !== '' && !reply.startsWith('-LOADING')) return;
    if (reply !== '') heardAtMs = performance.now();
    if (performance.now() - heardAtMs > SILENCE_MAX_MS)
      throw new LocalRedisStartError('the Redis server stays silent', guardian.printed(), { cause });
    await sleep(ASK_EVERY_MS);
  }
}
