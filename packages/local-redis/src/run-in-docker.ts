import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Guardian, guardNewServer } from './guardian.ts';
import type { LaunchedServer, LaunchOptions } from './local-redis.ts';
import { LocalRedisStartError } from './local-redis-errors.ts';
import { runCommand } from './run-command.ts';
import { renderArguments, serverSettings } from './server-config.ts';
import { makeSocketFolder } from './server-address.ts';

const PULL_TIMEOUT_MS = 60_000;
const ASK_TIMEOUT_MS = 10_000;
const ASK_EVERY_MS = 20;

/**
 * Makes sure that an engine answers and has the image.
 *
 * @throws Error that says what is missing
 */
export async function requireImage(image: string, onProgress: (line: string) => void): Promise<string> {
  await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: ASK_TIMEOUT_MS });
  const present = await runCommand('docker', ['image', 'inspect', image], { timeoutMs: ASK_TIMEOUT_MS }).catch(
    () => null,
  );
  if (present !== null) return image;
  onProgress(`pulling the image ${image}`);
  await runCommand('docker', ['pull', '--quiet', image], { timeoutMs: PULL_TIMEOUT_MS });
  return image;
}

/** Runs the image under a guardian, on a free port of 127.0.0.1. */
export async function runInDocker(image: string, { dir, config = {}, env }: LaunchOptions): Promise<LaunchedServer> {
  const name = `sluice-redis-${randomBytes(6).toString('hex')}`;
  const last = `docker rm --force ${name}`; // the client alone may have been killed: that does not end its container
  const folder = makeSocketFolder();
  const settings = serverSettings('/data', dir !== undefined, { 'protected-mode': 'no' }, config);
  const flags = ['--rm', '--name', name, '--publish', '127.0.0.1::6379', ...mountFlags(dir)];
  const command = ['docker', 'run', ...flags, image, 'redis-server', ...renderArguments(settings)];
  const guardian = await guardNewServer({ command, env, folder, last });
  return { guardian, url: await publishedUrl(name, guardian), pid: null, source: 'docker', folder, last };
}

/** What the server writes into the mounted folder belongs to this user. */
function mountFlags(dir: string | undefined): string[] {
  if (dir === undefined) return [];
  const { uid, gid } = userInfo();
  return ['--mount', mountOf(dir), '--user', `${uid}:${gid}`];
}

/** A line of CSV, so that the path may hold colons, commas and quotes. */
function mountOf(dir: string): string {
  return `type=bind,"source=${dir.replaceAll('"', '""')}",target=/data`;
}

/** Asks until the engine has published the port. */
async function publishedUrl(name: string, guardian: Guardian): Promise<string> {
  while (!guardian.hasEnded()) {
    const printed = await runCommand('docker', ['port', name, '6379/tcp'], { timeoutMs: ASK_TIMEOUT_MS }).catch(
      () => '',
    );
    const [address] = printed.trim().split('\n', 1);
    if (address) return `redis://${address}`;
    await sleep(ASK_EVERY_MS);
  }
  throw new LocalRedisStartError('the Redis container ended instead of starting', guardian.printed());
}
