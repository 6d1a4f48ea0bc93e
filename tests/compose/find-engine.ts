import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const IMAGE_WITHIN_MS = 60_000;

/**
 * Why the compose file cannot be tried here, or null: there is an engine, it has `docker compose`, and it can give both
 * base images within 60 s each.
 *
 * @throws Error in place of a reason when `SLUICE_REQUIRE_DOCKER` is 1
 */
export async function whyNoCompose(env: NodeJS.ProcessEnv): Promise<string | null> {
  const reason = await whyNot([env['REDIS_IMAGE'] || 'redis:8-alpine', env['NODE_IMAGE'] || 'node:24-bookworm-slim']);
  if (reason !== null && env['SLUICE_REQUIRE_DOCKER'] === '1')
    throw new Error(`SLUICE_REQUIRE_DOCKER is 1, but ${reason}`);
  return reason;
}

async function whyNot(images: readonly string[]): Promise<string | null> {
  if (!(await succeeds(['info'], 10_000))) return 'no Docker engine answers';
  if (!(await succeeds(['compose', 'version'], 10_000))) return 'there is no docker compose';
  for (const image of images) {
    if (await succeeds(['image', 'inspect', image], 10_000)) continue;
    if (!(await succeeds(['pull', '--quiet', image], IMAGE_WITHIN_MS))) return `the Docker engine cannot give ${image}`;
  }
  return null;
}

async function succeeds(args: readonly string[], timeoutMs: number): Promise<boolean> {
  return run('docker', args, { timeout: timeoutMs, killSignal: 'SIGKILL' }).then(
    () => true,
    () => false,
  );
}
