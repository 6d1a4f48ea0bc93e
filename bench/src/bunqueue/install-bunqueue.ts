import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const VERSIONS = { bun: '1.4.5', bunqueue: '2.9.5' } as const;
const folder = fileURLToPath(new URL('../../../node_modules/.cache/bunqueue/', import.meta.url));
const INSTALL_TIMEOUT_MS = 120_000;

/** Where Bun and bunqueue are. */
export interface BunqueueInstall {
  /** The program Bun, which runs bunqueue; Node cannot. */
  readonly bun: string;
  /** The package bunqueue. */
  readonly folder: string;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Installs Bun and bunqueue from their npm packages, some 110 MB, once, where no install of this repository looks: only who
 * wants to compare with them pays for them.
 *
 * @throws Error with npm's reason when they cannot be had
 */
export async function installBunqueue(onProgress: (line: string) => void): Promise<BunqueueInstall> {
  const install: BunqueueInstall = {
    bun: `${folder}node_modules/bun/bin/bun.exe`, // on every system
    folder: `${folder}node_modules/bunqueue`,
    versions: VERSIONS,
  };
  if (existsSync(`${folder}done-${VERSIONS.bun}-${VERSIONS.bunqueue}`)) return install;
  onProgress(`installs bun ${VERSIONS.bun} and bunqueue ${VERSIONS.bunqueue} in ${folder}`);
  await mkdir(folder, { recursive: true });
  const packages = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`);
  const flags = ['--no-audit', '--no-fund', '--no-save', '--omit=peer', '--foreground-scripts'];
  const options = { timeout: INSTALL_TIMEOUT_MS, shell: process.platform === 'win32' };
  await promisify(execFile)('npm', ['install', '--prefix', folder, ...flags, ...packages], options);
  await promisify(execFile)(install.bun, ['--version'], options);
  await mkdir(`${folder}done-${VERSIONS.bun}-${VERSIONS.bunqueue}`);
  return install;
}
