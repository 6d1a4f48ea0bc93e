import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { say } from './say.mjs';
import { toolchainEnv } from './toolchain-env.mjs';

/**
 * Installs the dependencies of pnpm-lock.yaml if they are not installed yet. Quiet unless it fails.
 *
 * @param {import('./find-toolchain.mjs').Toolchain} toolchain
 */
export function installDependencies(toolchain) {
  if (isInstalled()) return;
  say('installing dependencies');
  const args = ['install', '--frozen-lockfile', '--prefer-offline'];
  const { status, stdout, stderr, error } = spawnSync(toolchain.pnpm(), args, {
    cwd: root,
    env: { ...toolchainEnv(toolchain), CI: 'true' }, // no questions: they would not be shown
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`pnpm ${args.join(' ')} failed:\n${error?.message ?? ''}${stdout}${stderr}`);
}

/** The last step of pnpm's install is to copy the lockfile. */
function isInstalled() {
  const installed = read(join(root, 'node_modules', '.pnpm', 'lock.yaml'));
  return installed !== null && installed === read(join(root, 'pnpm-lock.yaml'));
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
