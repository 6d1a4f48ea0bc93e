import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const IMAGE_WITHIN_MS = 60_000;

/** A Redis image that this machine's Docker engine can run, or the reason why there is none. */
export type ContainerRedis = { readonly image: string } | { readonly reason: string };

/**
 * Asks the Docker engine for the image (`REDIS_IMAGE`, else `redis:8-alpine`) and pulls it if it is missing. An
 * engine that cannot provide it within 60 s counts as none.
 *
 * @throws Error instead of returning a reason when `SLUICE_REQUIRE_DOCKER` is 1
 */
export async function findContainerRedis(env: NodeJS.ProcessEnv): Promise<ContainerRedis> {
  const image = env['REDIS_IMAGE'] || 'redis:8-alpine';
  const reason = await whyNot(image);
  if (reason === null) return { image };
  if (env['SLUICE_REQUIRE_DOCKER'] === '1') throw new Error(`SLUICE_REQUIRE_DOCKER is 1, but ${reason}`);
  return { reason };
}

async function whyNot(image: string): Promise<string | null> {
  if (!(await succeeds(['info'], 10_000))) return 'no Docker engine answers';
  if (await succeeds(['image', 'inspect', image], 10_000)) return null;
  if (await succeeds(['pull', '--quiet', image], IMAGE_WITHIN_MS)) return null;
  return `the Docker engine cannot provide ${image} within ${IMAGE_WITHIN_MS / 1_000} s`;
}

async function succeeds(args: readonly string[], timeoutMs: number): Promise<boolean> {
  return run('docker', args, { timeout: timeoutMs, killSignal: 'SIGKILL' }).then(
    () => true,
    () => false,
  );
}
