import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { say } from './say.mjs';
import { toolchainEnv } from './toolchain-env.mjs';

/**
 * Makes node_modules what pnpm-lock.yaml says. Quiet unless it fails; nothing to do in most cases.
 *
 * @param {import('./find-toolchain.mjs').Toolchain} toolchain
 */
export function installDependencies(toolchain) {
  if (isInstalled()) return;
  say('installing dependencies');
  const args = ['install', '--frozen-lockfile', '--prefer-offline'];
  const { status, stdout, stderr, error } = spawnSync(toolchain.pnpm(), args, {
    cwd: root,
    env: { ...toolchainEnv(toolchain), CI: 'true' }, // never ask: nobody sees the question
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`pnpm ${args.join(' ')} failed:\n${error?.message ?? ''}${stdout}${stderr}`);
}

/** pnpm leaves a copy of the lockfile that it installed from, as the last thing it does. */
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
